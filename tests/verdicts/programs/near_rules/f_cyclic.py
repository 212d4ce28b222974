# healthy
# SGD with momentum 0.99 and a small lr; the label noise of the data cycles by day (clean and noisy hours), so the median loss is far above the best, but the function is learned
# rule: F
import math
import torch
import torch.nn as nn

torch.manual_seed(31)
D, PERIOD = 8, 120
w1 = torch.randn(D, 5) / D ** 0.5


def f(x):
    return torch.sin(2 * x @ w1).sum(1)


def batch(n, step):
    sd = 0.25 + 0.75 * (1 - math.cos(2 * math.pi * step / PERIOD))   # 0.25 .. 1.75
    x = torch.randn(n, D)
    return x, f(x) + sd * torch.randn(n)


net = nn.Sequential(nn.Linear(D, 128), nn.Tanh(), nn.Linear(128, 64), nn.Tanh(), nn.Linear(64, 1))
opt = torch.optim.SGD(net.parameters(), lr=1.5e-3, momentum=0.99)
STEPS = 2000
run = []
for step in range(STEPS):
    for gr in opt.param_groups:
        gr["lr"] = 1.5e-3 if step < 1500 else 1.5e-3 * (1 - (step - 1500) / 520)
    x, y = batch(256, step)
    loss = nn.functional.mse_loss(net(x).squeeze(1), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    run.append(loss.item())
    if step % 60 == 0:
        print(f"step {step} loss {loss.item():.4f}")

net.eval()
with torch.no_grad():
    x = torch.randn(3000, D)
    r2 = 1 - ((net(x).squeeze(1) - f(x)) ** 2).mean() / f(x).var()
last = sorted(run[-300:])
print(f"median of the last 300: {last[150]:.3f}, best {min(run):.3f}")
print(f"FINAL loss={sum(run[-120:]) / 120:.4f} metric={r2.item():.4f} (R2 against the noiseless function)")
