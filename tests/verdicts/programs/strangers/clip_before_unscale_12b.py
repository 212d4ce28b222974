# clipping_dominates
# hand-made loss scaling: gradients are clipped while still multiplied by 2**15 and divided afterwards, each update has norm 1/32768
# mended by: unscale first, then clip
# cause words: unscale scale clip before loss-scale
import os
import torch
from torch import nn
import torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
SCALE = 2.0 ** 15


class TCN(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv1d(1, 16, 5, padding=4, dilation=2)
        self.c2 = nn.Conv1d(16, 16, 5, padding=8, dilation=4)
        self.out = nn.Linear(16, 3)

    def forward(self, x):
        h = F.relu(self.c1(x))
        h = F.relu(self.c2(h))
        return self.out(h.mean(-1))


def waves(n):
    y = torch.randint(0, 3, (n,))
    t = torch.arange(64) / 64
    f = torch.tensor([2.0, 5.0, 9.0])[y]
    ph = 6.28 * torch.rand(n, 1)
    return (torch.sin(6.28 * f[:, None] * t + ph) + 0.4 * torch.randn(n, 64))[:, None], y


class Trainer:
    def __init__(self, model):
        self.model = model
        self.opt = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, nesterov=True)

    def unscale(self):
        for p in self.model.parameters():
            p.grad.div_(SCALE)

    def step(self, x, y):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = self.model(x)
        loss = F.cross_entropy(logits.float(), y)
        self.opt.zero_grad()
        (loss * SCALE).backward()
        if FIX:
            self.unscale()
            nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        else:
            nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            self.unscale()
        self.opt.step()
        return loss.item()


tr = Trainer(TCN())
for step in range(600):
    l = tr.step(*waves(64))
    if step % 100 == 0:
        print(f"step {step} loss {l:.4f}")
x, y = waves(1000)
with torch.no_grad():
    acc = (tr.model(x).argmax(1) == y).float().mean()
print(f"FINAL loss={l:.4f} metric={acc.item():.3f}")
