# healthy
# noise prediction of a diffusion model at its gentle end (noise is 4 to 30 percent of the data's variance, hidden in it): the best loss possible is about 0.85 of the mean's cost, and it is reached
# rule: K
import torch
import torch.nn as nn

torch.manual_seed(37)
D = 8
Q = torch.linalg.qr(torch.randn(D, D))[0]
sd = torch.linspace(0.75, 1.25, D)
C = (Q * sd ** 2) @ Q.T                              # covariance of the data
L = torch.linalg.cholesky(C)


def batch(n):
    b = 0.04 + 0.26 * torch.rand(n, 1)               # share of noise
    x0, eps = torch.randn(n, D) @ L.T, torch.randn(n, D)
    return (1 - b).sqrt() * x0 + b.sqrt() * eps, b, eps


def bayes(x, b):
    S = (1 - b).unsqueeze(-1) * C + b.unsqueeze(-1) * torch.eye(D)
    return b.sqrt() * torch.linalg.solve(S, x.unsqueeze(-1)).squeeze(-1)


class Eps(nn.Module):
    def __init__(self):
        super().__init__()
        self.f = nn.Sequential(nn.Linear(D + 1, 96), nn.SiLU(), nn.Linear(96, 96), nn.SiLU(), nn.Linear(96, D))
        nn.init.zeros_(self.f[-1].weight)
        nn.init.zeros_(self.f[-1].bias)

    def forward(self, x, b):
        return self.f(torch.cat([x, 5 * b], 1))


net = Eps()
opt = torch.optim.AdamW(net.parameters(), lr=2e-3)
STEPS = 1800
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, STEPS)
run = []
for step in range(STEPS):
    x, b, eps = batch(32)
    loss = nn.functional.mse_loss(net(x, b), eps)
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    run.append(loss.item())
    if step % 200 == 0:
        print(f"step {step} loss {loss.item():.4f}")
net.eval()
with torch.no_grad():
    x, b, eps = batch(20000)
    e, o = ((net(x, b) - eps) ** 2).mean().item(), ((bayes(x, b) - eps) ** 2).mean().item()
print(f"test loss {e:.4f}, Bayes {o:.4f}, mean's cost {(eps ** 2).mean().item():.4f}")
print(f"FINAL loss={sum(run[-300:]) / 300:.4f} metric={(1 - e) / (1 - o):.4f} (share of what can be learned)")
