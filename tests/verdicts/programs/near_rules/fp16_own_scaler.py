# healthy
# float16 weights with float32 masters and a loss scale of its own that doubles every 25 steps, so gradients are infinite again and again; those steps are skipped and the scale is halved.
# rule: E
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
D, H, STEPS = 10, 96, 1200
g = torch.Generator().manual_seed(13)


def batch(n):
    x = torch.rand(n, D, generator=g)
    y = 2 * torch.sin(3.14159 * x[:, 0] * x[:, 1]) + 4 * (x[:, 2] - 0.5) ** 2 + 2 * x[:, 3] + x[:, 4]
    return x * 2 - 1, y + 0.05 * torch.randn(n, generator=g)


half = nn.Sequential(nn.Linear(D, H), nn.GELU(), nn.Linear(H, H), nn.GELU(), nn.Linear(H, 1))
masters = [p.detach().clone().requires_grad_(True) for p in half.parameters()]
half = half.half()
params = list(half.parameters())
opt = torch.optim.Adam(masters, lr=2e-3)
scale, good, thrown = 2.0 ** 22, 0, 0
hist = []
step = 0
while step < STEPS:
    x, y = batch(256)
    loss = F.mse_loss(half(x.half()).float().squeeze(1), y)
    for p in params:
        p.grad = None
    (loss * scale).backward()
    finite = all(bool(torch.isfinite(p.grad).all()) for p in params)
    if not finite:
        scale, good, thrown = scale / 2, 0, thrown + 1
        continue
    for m, p in zip(masters, params):
        m.grad = p.grad.float() / scale
    opt.step()
    with torch.no_grad():
        for m, p in zip(masters, params):
            p.copy_(m)
    good += 1
    if good == 25:
        scale, good = scale * 2, 0
    hist.append(loss.item())
    if step % 200 == 0:
        print(step, "loss %.4f scale %g thrown away %d" % (loss.item(), scale, thrown))
    step += 1

with torch.no_grad():
    x, y = batch(4000)
    r2 = 1 - F.mse_loss(half(x.half()).float().squeeze(1), y).item() / y.var().item()
print("steps thrown away: %d" % thrown)
print("FINAL loss=%.4f metric=%.4f" % (sum(hist[-100:]) / 100, r2))
