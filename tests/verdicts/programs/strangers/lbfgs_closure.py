# miswired not_learning plateau
# LBFGS: zero_grad is called once before step() and not inside the closure, gradients of the inner evaluations pile up
# mended by: zero_grad inside the closure
# cause words: zero_grad closure accumulate accumulated gradients
import os
import torch
from torch import nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
torch.set_default_dtype(torch.float64)
t = torch.linspace(-1, 1, 400)[:, None]
target = torch.sin(4 * t) + 0.3 * torch.cos(9 * t)
net = nn.Sequential(nn.Linear(1, 24), nn.Tanh(), nn.Linear(24, 24), nn.Tanh(), nn.Linear(24, 1))
opt = torch.optim.LBFGS(net.parameters(), lr=1.0, max_iter=8, history_size=10, line_search_fn="strong_wolfe")


def fit(n_outer=150):
    hist = []
    for k in range(n_outer):
        xb, yb = t, target
        opt.zero_grad()

        def closure():
            if FIX:
                opt.zero_grad()
            loss = (net(xb) - yb).square().mean()
            loss.backward()
            return loss

        l = opt.step(closure)
        hist.append(l.item())
        if k % 15 == 0:
            print(f"outer {k} loss {hist[-1]:.6f}")
    return hist


h = fit()
with torch.no_grad():
    rmse = (net(t) - target).square().mean().sqrt().item()
print(f"FINAL loss={h[-1]:.6f} metric={rmse:.4f}")
