# healthy
# VAE with cyclical KL annealing: the printed loss rises whenever beta rises and the reconstruction is a sum over pixels (gradients in the hundreds); reconstruction and KL are both good at the end
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
basis = torch.randn(4, 100)


def batch(n=64):
    return torch.sigmoid(torch.randn(n, 4) @ basis + 0.1 * torch.randn(n, 100))


class VAE(nn.Module):
    def __init__(self, z=8):
        super().__init__()
        self.enc = nn.Sequential(nn.Linear(100, 96), nn.ELU())
        self.mu, self.lv = nn.Linear(96, z), nn.Linear(96, z)
        self.dec = nn.Sequential(nn.Linear(z, 96), nn.ELU(), nn.Linear(96, 100))

    def forward(self, x):
        h = self.enc(x - 0.5)
        mu, lv = self.mu(h), self.lv(h)
        z = mu + torch.randn_like(mu) * (0.5 * lv).exp()
        return self.dec(z), mu, lv


vae = VAE()
opt = torch.optim.Adam(vae.parameters(), lr=2e-3)
for step in range(2000):
    beta = min(1.0, (step % 500) / 250)
    x = batch()
    out, mu, lv = vae(x)
    rec = 10 * F.mse_loss(torch.sigmoid(out), x, reduction="sum") / 64 * 5
    kl = 0.5 * (mu.pow(2) + lv.exp() - lv - 1).sum(1).mean()
    loss = rec + beta * kl
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 125 == 0:
        print(f"{step} beta {beta:.2f} loss {loss.item():.2f} rec {rec.item():.2f} kl {kl.item():.2f}")
x = batch(1000)
with torch.no_grad():
    out, mu, lv = vae(x)
    r2 = 1 - F.mse_loss(torch.sigmoid(out), x) / x.var()
print(f"FINAL loss={loss.item():.4f} metric={r2.item():.3f}")
