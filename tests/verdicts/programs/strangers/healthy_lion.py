# healthy
# sign-of-momentum optimizer written by hand: every step has the same size whatever the gradient; that is Lion
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(6)
class Lion(torch.optim.Optimizer):
    def __init__(self, params, lr=3e-4, betas=(0.9, 0.99), wd=0.01):
        super().__init__(params, dict(lr=lr, betas=betas, wd=wd))
    @torch.no_grad()
    def step(self):
        for g in self.param_groups:
            b1, b2 = g["betas"]
            for p in g["params"]:
                m = self.state[p].setdefault("m", torch.zeros_like(p))
                p.mul_(1 - g["lr"] * g["wd"])
                p.add_((b1 * m + (1 - b1) * p.grad).sign(), alpha=-g["lr"])
                m.lerp_(p.grad, 1 - b2)

n_user, n_item, d = 200, 150, 8
U, I = torch.randn(n_user, 4), torch.randn(n_item, 4)
class Rec(nn.Module):
    def __init__(self):
        super().__init__()
        self.u, self.i = nn.Embedding(n_user, d), nn.Embedding(n_item, d)
        self.mlp = nn.Sequential(nn.Linear(2 * d, 64), nn.ReLU(), nn.Linear(64, 1))
        nn.init.normal_(self.u.weight, std=0.1); nn.init.normal_(self.i.weight, std=0.1)
    def forward(self, u, i):
        a, b = self.u(u), self.i(i)
        return self.mlp(torch.cat([a, b], 1))[:, 0] + (a * b).sum(1)
model = Rec()
opt = Lion(model.parameters(), 2e-3)
sched = torch.optim.lr_scheduler.LambdaLR(opt, lambda k: min(1, k / 50) * max(0.05, 1 - k / 1200))
for step in range(1200):
    u, i = torch.randint(0, n_user, (512,)), torch.randint(0, n_item, (512,))
    y = ((U[u] * I[i]).sum(1) > 0).float()
    loss = F.binary_cross_entropy_with_logits(model(u, i), y)
    opt.zero_grad(); loss.backward(); opt.step(); sched.step()
    if step % 200 == 0:
        print(step, loss.item())
u, i = torch.randint(0, n_user, (4000,)), torch.randint(0, n_item, (4000,))
acc = ((model(u, i) > 0) == ((U[u] * I[i]).sum(1) > 0)).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f}")
