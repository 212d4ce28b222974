# clipping_dominates
# hand-written adaptive gradient clipping with factor 1e-5 (the paper has 1e-2): every unit's gradient is cut at every step
# mended by: factor 0.05
# cause words: clip clipping factor adaptive threshold agc
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(1)


@torch.no_grad()
def adaptive_clip(params, factor, eps=1e-3):
    for p in params:
        if p.grad is None:
            continue
        shape = (-1,) + (1,) * (p.dim() - 1)
        wn = p.reshape(len(p), -1).norm(dim=1).view(shape).clamp_min(eps)
        gn = p.grad.reshape(len(p), -1).norm(dim=1).view(shape).clamp_min(1e-12)
        limit = wn * factor
        p.grad.copy_(torch.where(gn > limit, p.grad * limit / gn, p.grad))


class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(1, 12, 3, padding=1)
        self.c2 = nn.Conv2d(12, 24, 3, stride=2, padding=1)
        self.fc = nn.Linear(24 * 4, 5)

    def forward(self, x):
        h = F.relu(self.c2(F.relu(self.c1(x))))
        return self.fc(F.adaptive_avg_pool2d(h, 2).flatten(1))


shapes = torch.randn(5, 1, 6, 6, generator=torch.Generator().manual_seed(4))


def batch(n):
    y = torch.randint(0, 5, (n,))
    x = 0.3 * torch.randn(n, 1, 12, 12)
    for i in range(n):
        a, b = torch.randint(0, 6, (2,)).tolist()
        x[i, :, a:a + 6, b:b + 6] += shapes[y[i]]
    return x, y


net = ConvNet()
opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-5)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 900)
for step in range(900):
    x, y = batch(32)
    loss = F.cross_entropy(net(x), y)
    opt.zero_grad()
    loss.backward()
    adaptive_clip(net.parameters(), 0.05 if FIX else 1e-5)
    opt.step()
    sched.step()
    if step % 100 == 0:
        print(f"step {step} loss {loss.item():.4f}")
with torch.no_grad():
    x, y = batch(500)
    acc = (net(x).argmax(1) == y).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f}")
