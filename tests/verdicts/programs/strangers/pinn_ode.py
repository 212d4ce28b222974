# miswired not_learning
# torch.autograd.grad without create_graph=True (retain_graph only): du/dt carries no graph, the equation's term trains nothing, only the initial condition does
# mended by: create_graph=True
# cause words: create_graph graph derivative detached second-order
import os, torch, torch.nn as nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(21)
class PINN(nn.Module):
    """u' = -3 sin(3t), u(0) = 1 on [0, 2]"""
    def __init__(self, width=32):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(1, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 1))
    def forward(self, t): return self.net(t)
def derivative(u, t):
    return torch.autograd.grad(u, t, torch.ones_like(u), retain_graph=True, create_graph=FIX)[0]
def exact(t):
    return torch.cos(3 * t)
model = PINN()
opt = torch.optim.Adam(model.parameters(), lr=3e-3)
sched = torch.optim.lr_scheduler.StepLR(opt, 800, 0.5)
for it in range(2000):
    t = (2 * torch.rand(128, 1)).requires_grad_(True)
    u = model(t)
    residual = derivative(u, t) + 3 * torch.sin(3 * t)
    loss_pde = residual.pow(2).mean()
    loss_ic = (model(torch.zeros(1, 1)) - 1).pow(2).mean()
    loss = loss_pde + 10 * loss_ic
    opt.zero_grad()
    loss.backward()
    opt.step(); sched.step()
    if it % 400 == 0:
        print(f"{it}: pde {loss_pde.item():.4e} ic {loss_ic.item():.4e}")
tt = torch.linspace(0, 2, 101).unsqueeze(1)
with torch.no_grad():
    err = (model(tt) - exact(tt)).abs().mean().item()
print(f"FINAL loss={loss.item():.5f} metric={err:.5f}")
