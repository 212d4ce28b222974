# oscillating_loss
# SGD with momentum 0.9 and lr=8 (0.08 was meant) for a softmax regression: the loss jumps up and down
# mended by: lr=0.08
# cause words: learning rate lr large high
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
LR = 0.08 if FIX else 8.0


def digits(n):
    """Seven-segment digits with noise."""
    seg = {0: "abcdef", 1: "bc", 2: "abged", 3: "abgcd", 4: "fgbc", 5: "afgcd", 6: "afgedc", 7: "abc", 8: "abcdefg", 9: "abcdfg"}
    cells = {"a": (0, slice(1, 4)), "b": (slice(1, 4), 4), "c": (slice(5, 8), 4), "d": (8, slice(1, 4)), "e": (slice(5, 8), 0),
             "f": (slice(1, 4), 0), "g": (4, slice(1, 4))}
    base = torch.zeros(10, 9, 5)
    for k, s in seg.items():
        for c in s:
            base[k][cells[c]] = 1.0
    y = torch.randint(0, 10, (n,))
    return (base[y] + 0.5 * torch.randn(n, 9, 5))[:, None], y


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.LayerNorm(45, elementwise_affine=False)
        self.fc = nn.Linear(45, 10)

    def forward(self, x):
        return self.fc(self.norm(x.flatten(1)))


net = Net()
opt = torch.optim.SGD(net.parameters(), lr=LR, momentum=0.9, weight_decay=1e-4)
for step in range(900):
    x, y = digits(32)
    loss = F.cross_entropy(net(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 50 == 0:
        print(f"step {step} loss {loss.item():.4f}")
net.eval()
with torch.no_grad():
    x, y = digits(1000)
    acc = (net(x).argmax(1) == y).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f}")
