# healthy
# the quantity is in metres of wavelength (1e-6), the loss about 1e-12 and the gradients tiny; float32 and Adam with a small eps cope well
import torch, torch.nn as nn
torch.manual_seed(45)
class Calib(nn.Module):
    def __init__(self, unit=1e-6):
        super().__init__()
        self.unit = unit
        self.net = nn.Sequential(nn.Linear(5, 48), nn.SiLU(), nn.Linear(48, 48), nn.SiLU(), nn.Linear(48, 1))
    def forward(self, x): return self.unit * self.net(x).squeeze(-1)
def measure(n):
    x = torch.randn(n, 5)
    y = 1e-6 * (torch.sin(x[:, 0] * 2) + 0.5 * x[:, 1] * x[:, 2] + 0.3 * x[:, 3]) + 2e-8 * torch.randn(n)
    return x, y

model = Calib()
opt = torch.optim.Adam(model.parameters(), lr=3e-3, eps=1e-20)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 1500)
for step in range(1500):
    x, y = measure(64)
    loss = (model(x) - y).pow(2).mean()
    opt.zero_grad(set_to_none=True)
    loss.backward()
    opt.step(); sched.step()
    if step % 300 == 0:
        print(f"step {step} loss {loss.item():.3e}")
with torch.no_grad():
    x, y = measure(2000)
    r2 = 1 - ((model(x) - y).pow(2).mean() / y.double().var()).item()
print(f"FINAL loss={loss.item():.3e} metric={r2:.4f}")
