# oscillating_loss
# Lion (sign updates) is run with the learning rate of the former SGD (0.02): every weight jumps by 0.02 each step and the loss bounces without settling
# mended by: lr 3e-4
# cause words: learning rate lr too high large Lion sign
import os, torch, torch.nn as nn, torch.nn.functional as F
from dataclasses import dataclass
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(28); torch.set_num_threads(1)

class Lion(torch.optim.Optimizer):
    def __init__(self, params, lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0):
        super().__init__(params, dict(lr=lr, betas=betas, wd=weight_decay))
    @torch.no_grad()
    def step(self):
        for g in self.param_groups:
            b1, b2 = g["betas"]
            for p in g["params"]:
                if p.grad is None:
                    continue
                m = self.state[p].setdefault("m", torch.zeros_like(p))
                p.mul_(1 - g["lr"] * g["wd"])
                p.add_(torch.sign(b1 * m + (1 - b1) * p.grad), alpha=-g["lr"])
                m.mul_(b2).add_(p.grad, alpha=1 - b2)

@dataclass
class Cfg:
    lr: float = 3e-4 if FIX else 0.02
    wd: float = 0.01
    steps: int = 1200

class TabNet(nn.Module):
    def __init__(self, cats=(12, 7, 20), num=8, d=6):
        super().__init__()
        self.embs = nn.ModuleList(nn.Embedding(c, d) for c in cats)
        self.mlp = nn.Sequential(nn.Linear(num + d * len(cats), 64), nn.GELU(), nn.Linear(64, 64), nn.GELU(), nn.Linear(64, 1))
    def forward(self, xn, xc):
        e = [m(xc[:, i]) for i, m in enumerate(self.embs)]
        return self.mlp(torch.cat([xn] + e, 1)).squeeze(1)

eff = [torch.randn(k) for k in (12, 7, 20)]
def table(n):
    xn = torch.randn(n, 8)
    xc = torch.stack([torch.randint(0, k, (n,)) for k in (12, 7, 20)], 1)
    y = xn[:, 0] - 0.7 * xn[:, 1] * xn[:, 2] + sum(e[xc[:, i]] for i, e in enumerate(eff))
    return xn, xc, y / 2 + 0.05 * torch.randn(n)

c = Cfg()
net = TabNet()
opt = Lion(net.parameters(), lr=c.lr, weight_decay=c.wd)
for s in range(c.steps):
    xn, xc, y = table(128)
    loss = F.mse_loss(net(xn, xc), y)
    opt.zero_grad(); loss.backward(); opt.step()
    if s % 100 == 0:
        print(f"step {s} mse {loss.item():.4f}")
with torch.no_grad():
    xn, xc, y = table(4000)
    r2 = 1 - F.mse_loss(net(xn, xc), y).item() / y.var().item()
print(f"FINAL loss={loss.item():.4f} metric={r2:.4f}")
