# healthy
# The noise to be removed grows through the run, so the loss rises from 0.03 to 0.6 of guessing while a high Adam rate moves each layer by 2 % a step; it stays close to the best possible denoiser.
# rule: C
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
D, R, STEPS = 32, 4, 1000
g = torch.Generator().manual_seed(9)
basis = torch.linalg.qr(torch.randn(D, D, generator=g))[0][:R] * 8 ** 0.5


def batch(n, sigma):
    clean = torch.randn(n, R, generator=g) @ basis
    return clean + sigma * torch.randn(n, D, generator=g), clean


def sigma_at(step):
    return 0.5 + 3.0 * min(1.0, step / (0.9 * STEPS))


net = nn.Sequential(
    nn.Linear(D, 96), nn.GELU(),
    nn.Linear(96, 96), nn.GELU(),
    nn.Linear(96, D),
)
with torch.no_grad():
    for m in (net[0], net[2], net[4]):
        m.weight.mul_(0.5)
opt = torch.optim.Adam(net.parameters(), lr=1.2e-2)
hist = []
for step in range(STEPS):
    sigma = sigma_at(step)
    x, clean = batch(1024, sigma)
    loss = F.mse_loss(net(x), clean)
    opt.zero_grad()
    loss.backward()
    opt.step()
    hist.append(loss.item())
    if step % 100 == 0:
        best = sigma ** 2 / (8 + sigma ** 2)
        print(step, "sigma %.2f loss %.4f best possible %.4f" % (sigma, loss.item(), best))

with torch.no_grad():
    sigma = sigma_at(STEPS)
    x, clean = batch(8000, sigma)
    mine = F.mse_loss(net(x), clean).item()
    best = sigma ** 2 / (8 + sigma ** 2)
print("best possible %.4f, guessing %.4f" % (best, clean.var().item()))
print("FINAL loss=%.4f metric=%.4f (best possible / mine)" % (sum(hist[-50:]) / 50, best / mine))
