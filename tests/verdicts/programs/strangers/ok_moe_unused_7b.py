# healthy
# top-1 mixture of experts where an expert may get no token in a batch (its gradients are then None) and the load-balancing loss is noisy and does not fall below 1.5; it learns well
import torch
import torch.nn as nn
import torch.nn.functional as F
torch.manual_seed(0)
E, D = 6, 12
maps = torch.randn(4, D, D) / D ** 0.5
cent = torch.randn(4, D) * 2


def batch(n):
    k = torch.randint(0, 4, (n,))
    x = cent[k] + torch.randn(n, D)
    return x, torch.einsum("nd,nde->ne", x, maps[k])


class MoE(nn.Module):
    def __init__(self):
        super().__init__()
        self.gate = nn.Linear(D, E)
        self.experts = nn.ModuleList(nn.Sequential(nn.Linear(D, 48), nn.GELU(), nn.Linear(48, D)) for _ in range(E))

    def forward(self, x):
        p = self.gate(x).softmax(-1)
        w, k = p.max(-1)
        out = torch.zeros_like(x)
        for e in range(E):
            m = (k == e).nonzero().squeeze(1)
            if len(m):
                out = out.index_add(0, m, w[m, None] * self.experts[e](x[m]))
        frac = F.one_hot(k, E).float().mean(0)
        return out, E * (frac * p.mean(0)).sum()


net = MoE()
opt = torch.optim.AdamW(net.parameters(), lr=3e-3)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 2000)
for step in range(2000):
    x, y = batch(24)
    out, aux = net(x)
    loss = F.mse_loss(out, y) + 0.01 * aux
    opt.zero_grad(set_to_none=True)
    loss.backward()
    opt.step()
    sched.step()
    if step % 250 == 0:
        print(step, loss.item(), aux.item())
with torch.no_grad():
    x, y = batch(4000)
    r2 = 1 - F.mse_loss(net(x)[0], y) / y.var(0).mean()
print(f"FINAL loss={loss.item():.4f} metric={r2.item():.3f}")
