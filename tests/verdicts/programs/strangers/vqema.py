# healthy
# looks suspicious: the codebook never gets a gradient (it is a buffer moved by EMA), commitment loss rises at first; reconstruction is good
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(50); torch.set_num_threads(1)
class VQ(nn.Module):
    def __init__(self, K=24, d=6, decay=0.95):
        super().__init__()
        self.decay = decay
        w = torch.randn(K, d)
        for n, t in (("w", w), ("n", torch.ones(K)), ("m", w.clone())): self.register_buffer(n, t)
    def forward(self, z):
        idx = torch.cdist(z, self.w).argmin(1); q = self.w[idx]
        if self.training:
            with torch.no_grad():
                oh = F.one_hot(idx, len(self.w)).float()
                self.n.mul_(self.decay).add_(oh.sum(0), alpha=1 - self.decay)
                self.m.mul_(self.decay).add_(oh.T @ z, alpha=1 - self.decay)
                self.w = self.m / self.n.clamp(min=1e-3)[:, None]
                dead = self.n < 0.3
                if dead.any():
                    new = z[torch.randint(0, len(z), (int(dead.sum()),))]
                    self.w[dead] = new; self.m[dead] = new; self.n[dead] = 1
        return z + (q - z).detach(), F.mse_loss(z, q)
enc = nn.Sequential(nn.Linear(16, 48), nn.ReLU(), nn.Linear(48, 6))
dec = nn.Sequential(nn.Linear(6, 48), nn.ReLU(), nn.Linear(48, 16))
vq, proto = VQ(), torch.randn(20, 16)
opt = torch.optim.Adam([*enc.parameters(), *dec.parameters()], 2e-3)
for s in range(1500):
    x = proto[torch.randint(0, 20, (128,))] + 0.1 * torch.randn(128, 16)
    q, c = vq(enc(x)); rec = F.mse_loss(dec(q), x); loss = rec + 0.25 * c
    opt.zero_grad(); loss.backward(); opt.step()
    if s % 150 == 0:
        print(f"step {s} rec {rec.item():.4f} commit {c.item():.4f}")
vq.eval()
with torch.no_grad():
    x = proto[torch.randint(0, 20, (1000,))] + 0.1 * torch.randn(1000, 16); m = F.mse_loss(dec(vq(enc(x))[0]), x).item()
print(f"FINAL loss={loss.item():.4f} metric={m:.4f}")
