# healthy
# masked modelling with nn.Dropout(0.85) on the inputs (the other sensors must be filled in) and a small-start network with a slow warm-up: nothing is learned in 300 steps, then it nears what is possible
# rule: J
import torch
import torch.nn as nn

torch.manual_seed(23)
D, R, P = 60, 3, 0.85
A = torch.randn(D, R)
A = A / A.norm(dim=1, keepdim=True)


def batch(n):
    return torch.randn(n, R) @ A.T + 0.3 * torch.randn(n, D)


class Filler(nn.Module):
    def __init__(self):
        super().__init__()
        self.mask = nn.Dropout(P)
        self.f = nn.Sequential(nn.Linear(2 * D, 192), nn.GELU(), nn.Linear(192, 192), nn.GELU(), nn.Linear(192, D))
        for m in self.f:
            if isinstance(m, nn.Linear):
                nn.init.normal_(m.weight, std=0.01)
                nn.init.zeros_(m.bias)

    def forward(self, x):
        return self.fill(self.mask(x) * (1 - P))

    def fill(self, h):
        seen = (h != 0).float()
        return self.f(torch.cat([h, seen], 1))


net = Filler()
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
STEPS = 1800
sched = torch.optim.lr_scheduler.LambdaLR(opt, lambda s: 0.001 + min(1, (s / 650) ** 6) if s < 1100 else (STEPS - s) / 700)
run = []
for step in range(STEPS):
    x = batch(128)
    loss = nn.functional.mse_loss(net(x), x)
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    run.append(loss.item())
    if step % 100 == 0:
        print(f"step {step} loss {loss.item():.4f}")
with torch.no_grad():                                # test with masks of the same kind, and the Bayes answer
    x = batch(1000)
    m = (torch.rand_like(x) > P).float()
    p = net.fill(x * m)
    post = torch.eye(R) + torch.einsum("nd,dr,ds->nrs", m, A, A) / 0.09
    z = torch.linalg.solve(post, ((x * m) @ A / 0.09).unsqueeze(-1)).squeeze(-1)
    e, b = ((p - x) ** 2)[m == 0].mean().item(), ((z @ A.T - x) ** 2)[m == 0].mean().item()
    v = (x ** 2)[m == 0].mean().item()
print(f"error on hidden sensors {e:.4f}, Bayes {b:.4f}, variance {v:.4f}")
print(f"FINAL loss={sum(run[-50:]) / 50:.4f} metric={1 - e / v:.4f} (R2 on hidden sensors)")
