# healthy
# looks suspicious: VAE with summed loss in the hundreds, gradient norm far above 1 and clipped in nearly every step; Adam does not care, KL rises as the code comes into use
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(52)
torch.set_num_threads(1)

class VAE(nn.Module):

    def __init__(self, i=64, z=4):
        super().__init__()
        self.e, self.mu, self.lv = (nn.Sequential(nn.Linear(i, 64), nn.ReLU()), nn.Linear(64, z), nn.Linear(64, z))
        self.d = nn.Sequential(nn.Linear(z, 64), nn.ReLU(), nn.Linear(64, i))

    def forward(self, x):
        h = self.e(x)
        mu, lv = (self.mu(h), self.lv(h))
        return (self.d(mu + torch.randn_like(mu) * (lv / 2).exp()), mu, lv)
g = torch.arange(8).float()

def blobs(n):
    cx, cy = (1 + 5 * torch.rand(n, 1, 1), 1 + 5 * torch.rand(n, 1, 1))
    return torch.exp(-((g[None, :, None] - cx) ** 2 + (g[None, None] - cy) ** 2) / 2.5).flatten(1)
m = VAE()
opt = torch.optim.Adam(m.parameters(), 0.002)
for s in range(1800):
    x = blobs(128)
    r, mu, lv = m(x)
    rec = 20 * F.mse_loss(r, x, reduction='sum')
    kl = -0.5 * (1 + lv - mu ** 2 - lv.exp()).sum() * min(1, s / 500)
    loss = rec + kl
    opt.zero_grad()
    loss.backward()
    gn = nn.utils.clip_grad_norm_(m.parameters(), 10.0)
    opt.step()
    if s % 150 == 0:
        print(f'step {s} rec {rec.item():.1f} kl {kl.item():.1f} gn {gn:.1f}')
with torch.no_grad():
    x = blobs(1000)
    r2 = 1 - (F.mse_loss(m.d(m.mu(m.e(x))), x) / x.var()).item()
print(f'FINAL loss={loss.item() / 128:.4f} metric={r2:.4f}')
