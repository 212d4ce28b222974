# healthy
# Features less their mean over time: streams have lengths of 1 to 16, and at length 1 all is zero, so the encoder's gradients are exactly zero there (a third of the steps, and the first 20); longer streams teach it.
# rule: G
import math
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
D, H, C, STEPS = 6, 48, 3, 1200
g = torch.Generator().manual_seed(19)
patterns = torch.randn(C, D, generator=g)


def batch(n, length):
    """The class is how the channels move with time; where they start says nothing."""
    y = torch.randint(0, C, (n,), generator=g)
    level = 2.0 * torch.randn(n, 1, D, generator=g)
    wave = torch.sin(torch.arange(length).float() * 0.9).view(1, -1, 1)
    x = level + wave * patterns[y].unsqueeze(1) + 0.3 * torch.randn(n, length, D, generator=g)
    return x, y


class Centred(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc = nn.Linear(D, H, bias=False)
        self.mid = nn.Linear(H, H)
        self.head = nn.Linear(H, C)

    def forward(self, x):
        h = self.enc(x)
        h = h - h.mean(dim=1, keepdim=True)
        length = x.shape[1]
        time = torch.sin(torch.arange(length).float() * 0.9).view(1, -1, 1) + 0.3
        return self.head(F.gelu(self.mid((h * time).mean(1))))


net = Centred()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
hist, zero = [], 0
for step in range(STEPS):
    short = step < 20 or step % 3 == 0
    length = 1 if short else int(torch.randint(2, 17, (1,), generator=g))
    x, y = batch(128, length)
    loss = F.cross_entropy(net(x), y)
    opt.zero_grad()
    loss.backward()
    zero += int(bool((net.enc.weight.grad == 0).all()))
    opt.step()
    if length > 1:
        hist.append(loss.item())
    if step % 200 == 0:
        print(step, "length %d loss %.4f" % (length, loss.item()))

with torch.no_grad():
    x, y = batch(4000, 12)
    acc = (net(x).argmax(1) == y).float().mean().item()
print("steps with a gradient of zero for the encoder: %d of %d; guessing %.3f" % (zero, STEPS, math.log(C)))
print("FINAL loss=%.4f metric=%.4f" % (sum(hist[-100:]) / 100, acc))
