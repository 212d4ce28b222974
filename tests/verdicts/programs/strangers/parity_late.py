# healthy
# parity of 3 hidden bits out of 20: the loss sits at 0.693 for a good part of the run, then drops within a few steps
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(7)
BITS = (2, 7, 11)


def batch(n):
    x = torch.randint(0, 2, (n, 20)).float() * 2 - 1
    y = (x[:, BITS[0]] * x[:, BITS[1]] * x[:, BITS[2]] > 0).float()
    return x, y


class Net(nn.Module):
    def __init__(self, h=128):
        super().__init__()
        self.a = nn.Linear(20, h)
        self.b = nn.Linear(h, 1)

    def forward(self, x):
        return self.b(F.relu(self.a(x))).squeeze(1)


net = Net()
opt = torch.optim.SGD(net.parameters(), lr=0.015, momentum=0.9, weight_decay=1e-4)
for s in range(2500):
    x, y = batch(64)
    loss = F.binary_cross_entropy_with_logits(net(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if s % 125 == 0:
        print(s, f"{loss.item():.4f}")
x, y = batch(4000)
with torch.no_grad():
    acc = ((net(x) > 0).float() == y).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f}")
