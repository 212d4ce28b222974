# oscillating_loss
# a Lion optimizer is given the learning rate of SGD, 0.1: every weight jumps by 0.1 on every step
# mended by: lr = 3e-4
# cause words: learning rate, lr, step size, too large, too high, lion
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(12)


class Lion(torch.optim.Optimizer):
    def __init__(self, params, lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0):
        super().__init__(params, dict(lr=lr, betas=betas, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            b1, b2 = group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                m = self.state[p].setdefault("exp_avg", torch.zeros_like(p))
                p.mul_(1 - group["lr"] * group["weight_decay"])
                p.add_((m * b1 + p.grad * (1 - b1)).sign(), alpha=-group["lr"])
                m.mul_(b2).add_(p.grad, alpha=1 - b2)


def series(n, t=40):
    f = torch.rand(n, 1) * 0.4 + 0.1
    ph = torch.rand(n, 1) * 6.28
    k = torch.arange(t + 1)[None]
    s = torch.sin(f * k + ph) + 0.05 * torch.randn(n, t + 1)
    return s[:, :t], s[:, t:]


model = nn.Sequential(nn.Linear(40, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))
opt = Lion(model.parameters(), lr=3e-4 if FIX else 0.1, weight_decay=0.01)
hist = []
for step in range(2500):
    x, y = series(64)
    loss = F.mse_loss(model(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    hist.append(loss.item())
    if step % 250 == 0:
        print(f"step {step:4d} loss {hist[-1]:.4g}")
with torch.no_grad():
    x, y = series(1000)
    mse = F.mse_loss(model(x), y).item()
print(f"FINAL loss={sum(hist[-50:]) / 50:.4g} metric={1 - mse / y.var().item():.3f}")
