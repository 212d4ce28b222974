# miswired
# mixture of experts: the router runs under no_grad ("only picks indices") and its probabilities do not multiply the expert outputs, so it stays at its random start
# mended by: weighting the experts by the router's probabilities with gradient
# cause words: router gate no_grad routing gradient probabilities
import os, torch, torch.nn as nn, torch.nn.functional as F
from dataclasses import dataclass
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(25); torch.set_num_threads(1)

@dataclass
class MoEConfig:
    d: int = 10
    experts: int = 6
    topk: int = 2
    aux: float = 0.01
    steps: int = 1800

class MoE(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c
        self.router = nn.Sequential(nn.Linear(c.d, 24), nn.Tanh(), nn.Linear(24, c.experts))
        self.W = nn.Parameter(torch.randn(c.experts, c.d, 1) / c.d ** 0.5)
        self.b = nn.Parameter(torch.zeros(c.experts, 1))
    def route(self, x):
        p = self.router(x).softmax(-1)
        w, idx = p.topk(self.c.topk, -1)
        return p, w / w.sum(-1, keepdim=True), idx
    def forward(self, x):
        if FIX:
            p, w, idx = self.route(x)
        else:
            with torch.no_grad():
                p, w, idx = self.route(x)
            w = torch.full_like(w, 1 / self.c.topk)
        out = torch.einsum("nd,edo->neo", x, self.W) + self.b          # all experts, dense for clarity
        sel = out.gather(1, idx[..., None].expand(-1, -1, out.shape[-1]))
        load = F.one_hot(idx[:, 0], self.c.experts).float().mean(0)
        aux = self.c.experts * (load * p.mean(0)).sum()
        return (w[..., None] * sel).sum(1), aux

c = MoEConfig()
centre, slope = torch.randn(4, c.d) * 1.3, torch.randn(4, c.d)
def regimes(n):
    k = torch.randint(0, 4, (n,))
    x = centre[k] + 0.5 * torch.randn(n, c.d)
    return x, ((x - centre[k]) * slope[k]).sum(1, keepdim=True) + 0.05 * torch.randn(n, 1)

torch.manual_seed(2)
model = MoE(c)
groups = [{"params": model.router.parameters(), "lr": 3e-3}, {"params": [model.W, model.b], "lr": 1e-2}]
opt = torch.optim.Adam(groups)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, c.steps)
for s in range(c.steps):
    x, y = regimes(128)
    out, aux = model(x)
    mse = F.mse_loss(out, y)
    loss = mse + c.aux * aux
    opt.zero_grad(); loss.backward(); opt.step(); sched.step()
    if s % 200 == 0:
        print(f"step {s} mse {mse.item():.4f} aux {aux.item():.3f}")
with torch.no_grad():
    x, y = regimes(4000)
    r2 = 1 - F.mse_loss(model(x)[0], y).item() / y.var().item()
print(f"FINAL loss={mse.item():.4f} metric={r2:.4f}")
