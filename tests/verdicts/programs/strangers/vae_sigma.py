# badly_scaled
# Gaussian VAE with the decoder's sigma fixed at 0.001 on data with deviation 1: the reconstruction term is weighted with 1/(2 sigma^2) = 500000, the KL term does not count and samples from the prior are rubbish
# mended by: sigma = 0.3
# cause words: sigma variance weight scale likelihood reconstruction KL
import os
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
SIGMA = 0.3 if FIX else 0.001
N, D, Z = 4096, 12, 3
mix = torch.randn(2, D)
lat = torch.rand(N, 2) * 2 - 1
data = torch.tanh(2 * lat) @ mix + 0.2 * torch.randn(N, D)
data = data / data.std()


class VAE(nn.Module):
    def __init__(self, h=64):
        super().__init__()
        self.enc = nn.Sequential(nn.Linear(D, h), nn.Tanh(), nn.Linear(h, 2 * Z))
        self.dec = nn.Sequential(nn.Linear(Z, h), nn.Tanh(), nn.Linear(h, D))

    def elbo_terms(self, x):
        mu, lv = self.enc(x).chunk(2, -1)
        z = mu + torch.randn_like(mu) * (0.5 * lv).exp()
        rec = ((x - self.dec(z)) ** 2).sum(-1) / (2 * SIGMA ** 2)
        kl = 0.5 * (mu ** 2 + lv.exp() - 1 - lv).sum(-1)
        return rec.mean(), kl.mean()


vae = VAE()
opt = torch.optim.Adam(vae.parameters(), lr=2e-3)
for step in range(2000):
    x = data[torch.randint(0, N, (128,))]
    rec, kl = vae.elbo_terms(x)
    loss = rec + kl
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 200 == 0:
        print(f"step {step} loss {loss.item():.5g} rec {rec.item():.5g} kl {kl.item():.3f}")


def energy_distance(a, b):
    return (2 * torch.cdist(a, b).mean() - torch.cdist(a, a).mean() - torch.cdist(b, b).mean()).item()


with torch.no_grad():
    s = vae.dec(torch.randn(2000, Z))
    s = s + (SIGMA if FIX else 0.001) * torch.randn_like(s)
    ed = energy_distance(s, data[:2000])
print(f"FINAL loss={loss.item():.5g} metric={ed:.4f} (energy distance of samples from the prior)")
