# not_learning plateau vanishing_gradient badly_scaled miswired
# Posterior collapse: reconstruction is averaged over 64 features but KL is summed over latents, so KL dominates, goes to 0 and the decoder ignores z.
# mended by: err.sum(1).mean()
import os
import numpy as np
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
rng = np.random.default_rng(0)
D, Z = 64, 4
basis = rng.normal(size=(3, D))


def curves(n):
    c = rng.normal(size=(n, 3))
    x = np.tanh(c @ basis / 1.5) + 0.05 * rng.normal(size=(n, D))
    return torch.tensor(x, dtype=torch.float32)


class VAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc = nn.Sequential(nn.Linear(D, 64), nn.ReLU())
        self.mu, self.logvar = nn.Linear(64, Z), nn.Linear(64, Z)
        self.dec = nn.Sequential(nn.Linear(Z, 64), nn.ReLU(), nn.Linear(64, D))

    def forward(self, x):
        h = self.enc(x)
        mu, logvar = self.mu(h), self.logvar(h)
        z = mu + torch.randn_like(mu) * torch.exp(0.5 * logvar)
        return self.dec(z), mu, logvar


def elbo(recon, x, mu, logvar):
    err = (recon - x) ** 2
    rec = err.sum(1).mean() if FIX else err.mean()
    kl = -0.5 * (1 + logvar - mu ** 2 - logvar.exp()).sum(1).mean()
    return rec + kl, rec, kl


vae = VAE()
opt = torch.optim.Adam(vae.parameters(), lr=2e-3)
losses = []
for step in range(700):
    x = curves(64)
    recon, mu, logvar = vae(x)
    loss, rec, kl = elbo(recon, x, mu, logvar)
    opt.zero_grad()
    loss.backward()
    opt.step()
    losses.append(loss.item())
    if step % 70 == 0:
        print(f"step {step} loss {loss.item():.4f} rec {rec.item():.4f} kl {kl.item():.4f}")
with torch.no_grad():
    x = curves(2000)
    mu = vae(x)[1]
    mse = ((vae.dec(mu) - x) ** 2).mean().item()
print(f"FINAL loss={np.mean(losses[-70:]):.4f} metric={mse:.4f}")
