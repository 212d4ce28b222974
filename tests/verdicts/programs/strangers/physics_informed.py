# healthy
# PINN (second derivatives, float64), Adam then L-BFGS with closure (several evaluations a step), converges to 1e-7. metric = relative L2 error.
"""PINN for u'' + u = f (float64): gradients of gradients, Adam and then L-BFGS with a closure down to a tiny residual."""
import math, torch, torch.nn as nn
torch.manual_seed(28); torch.set_default_dtype(torch.float64)
net = nn.Sequential(nn.Linear(1, 24), nn.Tanh(), nn.Linear(24, 24), nn.Tanh(), nn.Linear(24, 1))
exact = lambda x: torch.sin(2 * math.pi * x) + 0.5 * x
src = lambda x: (1 - 4 * math.pi ** 2) * torch.sin(2 * math.pi * x) + 0.5 * x
xc = torch.linspace(0, 1, 64).unsqueeze(1)
trial = lambda x: 0.5 * x + x * (1 - x) * net(x)     # boundary values hold exactly
def pde_loss():
    x = xc.clone().requires_grad_(True)
    u = trial(x)
    du, = torch.autograd.grad(u.sum(), x, create_graph=True)
    d2, = torch.autograd.grad(du.sum(), x, create_graph=True)
    res = (d2 + u - src(x)) / (4 * math.pi ** 2)
    return res.pow(2).mean()
hist = []
opt = torch.optim.Adam(net.parameters(), lr=5e-3)
for step in range(200):
    loss = pde_loss(); opt.zero_grad(); loss.backward(); opt.step(); hist.append(loss.item())
    if step % 40 == 0: print("adam", step, f"{loss.item():.3e}")
opt = torch.optim.LBFGS(net.parameters(), lr=1.0, max_iter=4, tolerance_grad=1e-12, tolerance_change=1e-16, history_size=30, line_search_fn="strong_wolfe")
def closure():
    opt.zero_grad(); l = pde_loss(); l.backward(); return l
for step in range(60):
    l = opt.step(closure).item(); hist.append(l)
    if step % 6 == 0: print("lbfgs", step, f"{l:.3e}")
with torch.no_grad():
    x = torch.rand(2000, 1); err = ((trial(x) - exact(x)).norm() / exact(x).norm()).item()
print(f"FINAL loss={sum(hist[-26:])/26:.3e} metric={err:.3e}")
