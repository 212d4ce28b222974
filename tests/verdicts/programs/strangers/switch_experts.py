# healthy
# Switch MoE, top-1 routing with gate multiplication and load-balancing loss; each expert sees ~1/6 of the samples, load stays balanced.
"""Switch-style mixture of experts, top-1 routing, load-balancing loss; an expert sees only its own tokens."""
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(13)
D, E, C = 16, 6, 5
cent = torch.randn(E, D) * 1.5
heads = torch.randn(E, D, C)

def batch(n):
    k = torch.randint(0, E, (n,)); d = torch.randn(n, D)
    return cent[k] + d, torch.einsum("nd,ndc->nc", d, heads[k]).argmax(1)

class MoE(nn.Module):
    def __init__(self, d, h):
        super().__init__()
        self.router = nn.Linear(d, E, bias=False)
        self.experts = nn.ModuleList(nn.Sequential(nn.Linear(d, h), nn.GELU(), nn.Linear(h, d)) for _ in range(E))
    def forward(self, x):
        if self.training: xr = x * torch.empty_like(x).uniform_(0.98, 1.02)
        else: xr = x
        p = self.router(xr).softmax(-1)
        g, i = p.max(-1)
        y = torch.zeros_like(x)
        for e, f in enumerate(self.experts):
            m = (i == e).nonzero().squeeze(1)
            if len(m): y = y.index_copy(0, m, f(x[m]) * g[m, None])
        frac = F.one_hot(i, E).float().mean(0)
        return x + y, E * (frac * p.mean(0)).sum(), frac

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.inp, self.moe, self.ln, self.out = nn.Linear(D, 32), MoE(32, 48), nn.LayerNorm(32), nn.Linear(32, C)
    def forward(self, x):
        h, aux, frac = self.moe(self.inp(x))
        return self.out(self.ln(h)), aux, frac

net = Net()
opt = torch.optim.AdamW(net.parameters(), lr=4e-3, weight_decay=1e-3)
STEPS = 450
sched = torch.optim.lr_scheduler.OneCycleLR(opt, 6e-3, total_steps=STEPS, pct_start=0.1)
hist = []
for step in range(STEPS):
    x, y = batch(256)
    o, aux, frac = net(x)
    loss = F.cross_entropy(o, y) + 0.02 * aux
    opt.zero_grad(); loss.backward(); opt.step(); sched.step()
    hist.append(loss.item())
    if step % 60 == 0: print(step, f"{loss.item():.4f} aux {aux.item():.2f}", [round(v, 2) for v in frac.tolist()])
net.eval()
with torch.no_grad():
    x, y = batch(4000); acc = (net(x)[0].argmax(1) == y).float().mean().item()
print(f"FINAL loss={sum(hist[-45:])/45:.5f} metric={acc:.4f}")
