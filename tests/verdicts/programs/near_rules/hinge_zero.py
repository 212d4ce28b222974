# healthy
# support vector regression of a thermal expansion (targets vary by 1e-4) with a dead zone: once the curve lies within the zone, the loss is exactly 0 for most steps, and that is right
# rule: J
import torch
from torch import nn

torch.manual_seed(61)
torch.set_num_threads(1)
N, BS, STEPS = 5000, 256, 1500
EPS = 8e-6                                   # the tolerance of the gauge, in metres per metre
temp = torch.rand(N, 1) * 100 - 20
u = (temp - 30) / 50
strain = 5e-5 * u + 1.5e-5 * u ** 2 - 2e-5 * u ** 3
strain = strain + 1e-6 * torch.randn_like(strain)   # std about 3e-5


class Strain(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(1, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 1))

    def forward(self, x):
        return 1e-4 * self.net(x)


def eps_insensitive(pred, target):
    return (pred - target).abs().sub(EPS).clamp(min=0).mean()


model = Strain()
opt = torch.optim.Adam(model.parameters(), lr=2e-3, eps=1e-14)
sched = torch.optim.lr_scheduler.StepLR(opt, 150, 0.6)
zeros = 0
for step in range(STEPS):
    i = torch.randint(0, N - 500, (BS,))
    loss = eps_insensitive(model(u[i]), strain[i])
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    zeros += loss.item() == 0.0
    if step % 150 == 0:
        print(step, f"loss {loss.item():.3e} zeros so far {zeros}")
with torch.no_grad():
    p, y = model(u[-500:]), strain[-500:]
    final = eps_insensitive(p, y).item()
    r2 = 1 - ((p - y) ** 2).mean().item() / y.var().item()
print(f"target std {strain.std().item():.2e}, zero loss at {zeros} of {STEPS} steps")
print(f"FINAL loss={final:.3e} metric={r2:.4f} (R2 on held-out data)")
