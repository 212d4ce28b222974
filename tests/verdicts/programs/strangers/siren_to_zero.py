# healthy
# SIREN with sine activations, converges completely (MSE 8e-8), cosine to lr exactly 0; gradients become tiny because it has converged.
"""SIREN (sine activations, w0=30) fitted to one signal until nothing is left; cosine schedule that ends at lr 0."""
import math, torch, torch.nn as nn
torch.manual_seed(30)
class Sine(nn.Module):
    def __init__(self, i, o, first=False, w0=30.0):
        super().__init__(); self.lin, self.w0 = nn.Linear(i, o), w0
        b = 1 / i if first else math.sqrt(6 / i) / w0
        nn.init.uniform_(self.lin.weight, -b, b)
    def forward(self, x): return torch.sin(self.w0 * self.lin(x))
last = nn.Linear(96, 1); nn.init.uniform_(last.weight, -math.sqrt(6 / 96) / 30, math.sqrt(6 / 96) / 30)
net = nn.Sequential(Sine(1, 96, True), Sine(96, 96), Sine(96, 96), last)
f = lambda x: 0.5 * torch.sin(9 * x) + 0.3 * torch.sin(31 * x + 1) + 0.2 * torch.tanh(8 * x)
x = torch.linspace(-1, 1, 256).unsqueeze(1); y = f(x)
STEPS = 700
opt = torch.optim.Adam(net.parameters(), lr=4e-4)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, STEPS, eta_min=0.0)
hist = []
for step in range(STEPS):
    loss = (net(x) - y).pow(2).mean()
    opt.zero_grad(); loss.backward(); opt.step(); sched.step()
    hist.append(loss.item())
    if step % 70 == 0: print(step, f"{loss.item():.3e}")
with torch.no_grad():
    xt = torch.rand(1000, 1) * 2 - 1; mse = (net(xt) - f(xt)).pow(2).mean().item()
print(f"FINAL loss={sum(hist[-70:])/70:.3e} metric={mse:.3e}")
