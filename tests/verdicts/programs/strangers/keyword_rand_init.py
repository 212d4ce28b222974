# dead_relu
# the first layer is initialised with torch.rand (0..1, all positive) and fed log-mel values in dB (all negative), so its ReLUs are off for every input
# mended by: initialisation around zero (randn) and standardised features
# cause words: rand positive init negative decibel normalise
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(7)
WORDS, MEL, T = 6, 16, 20
proto = torch.rand(WORDS, MEL, T, generator=torch.Generator().manual_seed(1)) * 40


def logmel(n):
    y = torch.randint(0, WORDS, (n,))
    db = -70 + proto[y] + 5 * torch.randn(n, MEL, T)
    return db.clamp(-80, -1), y


class Linear(nn.Module):
    """Own linear layer, so that we control the initialisation."""

    def __init__(self, i, o):
        super().__init__()
        w = torch.randn(o, i) if FIX else torch.rand(o, i)
        self.weight = nn.Parameter(w / i ** 0.5)
        self.bias = nn.Parameter(torch.zeros(o))

    def forward(self, x):
        return F.linear(x, self.weight, self.bias)


class KeywordNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.inp = Linear(MEL * T, 64)
        self.hid = nn.Linear(64, 64)
        self.out = nn.Linear(64, WORDS)

    def forward(self, x):
        if FIX:
            x = (x + 50) / 15
        h = F.relu(self.inp(x.flatten(1)))
        return self.out(F.relu(self.hid(h)))


net = KeywordNet()
opt = torch.optim.RMSprop(net.parameters(), lr=5e-4)
sched = torch.optim.lr_scheduler.MultiStepLR(opt, [400, 600], 0.3)
avg = 0.0
for step in range(800):
    x, y = logmel(32)
    loss = F.cross_entropy(net(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    avg += (loss.item() - avg) / min(step + 1, 50)
    if step % 100 == 0:
        print(f"step {step} loss {avg:.4f}")
with torch.no_grad():
    x, y = logmel(500)
    acc = (net(x).argmax(1) == y).float().mean().item()
print(f"FINAL loss={avg:.4f} metric={acc:.4f}")
