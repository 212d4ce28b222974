# healthy
# fp16 autocast with a dynamic loss scale: now and then the scaled gradients overflow to inf, the step is skipped and the scale halved, as intended
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(50)
D, C = 16, 6
W = torch.randn(D, 48); V = torch.randn(48, C)
def batch(n=64):
    x = torch.randn(n, D)
    return x, (torch.relu(x @ W) @ V).argmax(1)

class DynamicScaler:
    def __init__(self, scale=2.0 ** 24, grow=150): self.scale, self.grow, self.good, self.skipped = scale, grow, 0, 0
    def step(self, opt, params):
        for p in params: p.grad.div_(self.scale)
        if all(torch.isfinite(p.grad).all() for p in params):
            opt.step(); self.good += 1
            if self.good % self.grow == 0: self.scale *= 2
        else:
            self.scale /= 2; self.good = 0; self.skipped += 1

net = nn.Sequential(nn.Linear(D, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, C))
params = list(net.parameters())
opt = torch.optim.Adam(params, lr=2e-3)
sc = DynamicScaler()
for step in range(900):
    x, y = batch()
    with torch.autocast("cpu", dtype=torch.float16):
        out = net(x)
    loss = F.cross_entropy(out.float(), y)
    opt.zero_grad()
    (loss * sc.scale).backward()
    sc.step(opt, params)
    if step % 100 == 0: print(f"{step} loss {loss.item():.4f} scale {sc.scale:.0f} skipped {sc.skipped}")
x, y = batch(2000)
with torch.no_grad(): acc = (net(x).argmax(1) == y).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.3f}")
