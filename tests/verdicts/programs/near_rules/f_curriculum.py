# healthy
# Adam with beta1 0.99 trains a denoiser whose noise rises over the run: the loss ends at several times its best, and it is near the cost of the optimal denoiser for each noise level
# rule: F
import torch
import torch.nn as nn

torch.manual_seed(14)
D, R = 24, 4
A = torch.linalg.qr(torch.randn(D, R))[0] * 2.0     # the data lie in a space of 4 dimensions


def clean(n):
    return torch.randn(n, R) @ A.T


def optimum(sd):                                     # Bayes error a component of the linear Gaussian case
    return R / D * (4.0 * sd ** 2 / (4.0 + sd ** 2))


class Denoiser(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(D + 1, 128), nn.SiLU(), nn.Linear(128, 128), nn.SiLU(), nn.Linear(128, D))

    def forward(self, x, sd):
        return self.net(torch.cat([x / (1 + sd ** 2) ** 0.5, torch.full((len(x), 1), sd)], 1))


net = Denoiser()
opt = torch.optim.Adam(net.parameters(), lr=2e-3, betas=(0.99, 0.999))
STEPS = 1800
run = []
for step in range(STEPS):
    sd = 0.2 + 1.6 * max(0, step - 400) / (STEPS - 400)
    for gr in opt.param_groups:
        gr["lr"] = 2e-3 if step < 1200 else 2e-3 * max(0.05, 1 - (step - 1200) / 600)
    x0 = clean(128)
    loss = nn.functional.mse_loss(net(x0 + sd * torch.randn_like(x0), sd), x0)
    opt.zero_grad()
    loss.backward()
    opt.step()
    run.append(loss.item())
    if step % 100 == 0:
        print(f"step {step} noise {sd:.2f} loss {loss.item():.4f} optimum {optimum(sd):.4f}")
net.eval()
with torch.no_grad():
    x0 = clean(5000)
    e = nn.functional.mse_loss(net(x0 + 1.8 * torch.randn_like(x0), 1.8), x0).item()
print(f"best loss {min(run):.4f}")
print(f"FINAL loss={sum(run[-50:]) / 50:.4f} metric={e / optimum(1.8):.4f} (test error over the optimal one at noise 1.8; doing nothing gives {3.24 / optimum(1.8):.1f})")
