# nonfinite
# The own centred RMSprop takes sqrt(E[g^2]-E[g]^2) without clamping; gates on constant-zero inputs have a constant gradient (the penalty), so the difference rounds to a negative number and sqrt is NaN in the optimizer's update with loss and gradients finite.
# mended by: var.clamp_min(0) before the sqrt
import os
import numpy as np
import torch
import torch.nn as nn
from torch.optim import Optimizer

FIX = os.environ.get("FIX") == "1"


class CenteredRMS(Optimizer):
    def __init__(self, params, lr=1e-3, alpha=0.97, eps=1e-2):
        super().__init__(params, dict(lr=lr, alpha=alpha, eps=eps))

    @torch.no_grad()
    def step(self, closure=None):
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            a = group["alpha"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                st = self.state[p]
                if not st:
                    st["sq"], st["avg"] = torch.zeros_like(p), torch.zeros_like(p)
                st["sq"].mul_(a).addcmul_(p.grad, p.grad, value=1 - a)
                st["avg"].mul_(a).add_(p.grad, alpha=1 - a)
                var = st["sq"] - st["avg"] ** 2
                if FIX:
                    var = var.clamp_min(0)
                denom = var.sqrt().add_(group["eps"])
                p.addcdiv_(p.grad, denom, value=-group["lr"])
        return loss


torch.manual_seed(0)
rng = np.random.default_rng(0)
Wt = rng.normal(size=(20, 1)) * (rng.random((20, 1)) < 0.4)


def data(n):
    x = rng.normal(size=(n, 20)).astype(np.float32)
    x[:, 14] = 0.0
    x[:, 17] = 0.0
    y = np.tanh(x @ Wt) + 0.05 * rng.normal(size=(n, 1))
    return torch.from_numpy(x), torch.tensor(y, dtype=torch.float32)


class GatedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.gates = nn.Parameter(torch.ones(20))
        self.body = nn.Sequential(nn.Linear(20, 32), nn.Tanh(), nn.Linear(32, 1))

    def forward(self, x):
        return self.body(x * self.gates)


model = GatedNet()
opt = CenteredRMS(model.parameters(), lr=1e-3)
losses = []
for step in range(600):
    x, y = data(64)

    def closure():
        opt.zero_grad()
        loss = ((model(x) - y) ** 2).mean() + 5e-3 * model.gates.sum()
        loss.backward()
        return loss

    losses.append(opt.step(closure).item())
    if step % 50 == 0:
        print(step, f"{losses[-1]:.4f}")
with torch.no_grad():
    x, y = data(2000)
    mse = ((model(x) - y) ** 2).mean().item()
print(f"FINAL loss={np.mean(losses[-60:]):.4f} metric={mse:.4f}")
