# healthy
# All weights and the optimizer state are bfloat16, which alone would lose small updates; a compensation buffer (Kahan summation) carries the lost part, so the steps arrive.
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(41)
class KahanAdam(torch.optim.Optimizer):
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.99), eps=1e-6):
        super().__init__(params, dict(lr=lr, betas=betas, eps=eps))
    @torch.no_grad()
    def step(self):
        for gr in self.param_groups:
            b1, b2 = gr["betas"]
            for p in gr["params"]:
                st = self.state[p]
                if not st:
                    st["t"] = 0
                    st["m"], st["c"] = torch.zeros_like(p), torch.zeros_like(p)
                    st["v"] = torch.zeros_like(p, dtype=torch.float32)
                st["t"] += 1
                g = p.grad.float()
                m = st["m"].float().mul_(b1).add_(g, alpha=1 - b1)
                st["m"].copy_(m)
                st["v"].mul_(b2).addcmul_(g, g, value=1 - b2)
                mh, vh = m / (1 - b1 ** st["t"]), st["v"] / (1 - b2 ** st["t"])
                upd = -gr["lr"] * mh / (vh.sqrt() + gr["eps"])
                st["c"].add_(upd.to(p.dtype))
                old = p.clone()
                p.add_(st["c"])
                st["c"].add_(old.sub_(p))
class Cross(nn.Module):
    """protein-like strings: how strongly two short chains bind (pairwise residue affinities)"""
    def __init__(self, v=12, d=48):
        super().__init__()
        self.emb = nn.Embedding(v, d)
        self.mix = nn.Conv1d(2 * d, 128, 3, padding=1)
        self.n = nn.LayerNorm(128)
        self.out = nn.Sequential(nn.Linear(128, 96), nn.GELU(), nn.Linear(96, 1))
    def forward(self, a, b):
        z = torch.cat([self.emb(a), self.emb(b)], -1).transpose(1, 2)
        h = F.gelu(self.mix(z).transpose(1, 2))
        return self.out(self.n(h)).float().mean((1, 2))
aff = torch.randn(12, 12) * 0.6
def pairs(n):
    a, b = torch.randint(0, 12, (n, 10)), torch.randint(0, 12, (n, 10))
    e = aff[a, b] + 0.5 * aff[a[:, :-1], b[:, 1:]].sum(1, keepdim=True) / 9
    return a, b, e.mean(1) * 3 + 0.1 * torch.randn(n)
A, B, Y = pairs(6000)
a, b, y = pairs(600)
net = Cross().to(torch.bfloat16)
opt = KahanAdam(net.parameters(), lr=2e-3)
for step in range(500):
    for gr in opt.param_groups:
        gr["lr"] = 2e-3 * min(1.0, (step + 1) / 50) * (1 - step / 500)
    i = torch.randint(0, len(A), (64,))
    loss = F.mse_loss(net(A[i], B[i]), Y[i])
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 50 == 0:
        print(f"step {step} mse {loss.item():.4f}")
net.eval()
with torch.no_grad():
    mse = F.mse_loss(net(a, b), y).item()
print(f"FINAL loss={mse:.4f} metric={1 - mse / y.var().item():.4f}")
