# not_learning plateau
# the KL term is summed over latent units while the reconstruction is averaged over 64 pixels and the batch: the KL outweighs it and the posterior collapses
# mended by: summing the reconstruction over the pixels as the KL is over the latent units
# cause words: KL posterior collapse reduction beta weight reconstruction
import os
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(11)


def blobs(n):
    gy, gx = torch.meshgrid(torch.linspace(-1, 1, 8), torch.linspace(-1, 1, 8), indexing="ij")
    c = torch.rand(n, 2) * 1.4 - 0.7
    d = (gx[None] - c[:, 0, None, None]) ** 2 + (gy[None] - c[:, 1, None, None]) ** 2
    return torch.exp(-d / 0.1).reshape(n, 64)


class VAE(nn.Module):
    def __init__(self, latent=4):
        super().__init__()
        self.enc = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU())
        self.mu = nn.Linear(64, latent)
        self.logvar = nn.Linear(64, latent)
        self.dec = nn.Sequential(nn.Linear(latent, 64), nn.ReLU(), nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 64))

    def forward(self, x):
        h = self.enc(x)
        mu, logvar = self.mu(h), self.logvar(h)
        z = mu + torch.randn_like(mu) * (0.5 * logvar).exp()
        return torch.sigmoid(self.dec(z)), mu, logvar


def vae_loss(recon, x, mu, logvar):
    kl = -0.5 * (1 + logvar - mu.pow(2) - logvar.exp()).sum(1).mean()
    if FIX:
        rec = F.mse_loss(recon, x, reduction="sum") / len(x) / (2 * 0.1 ** 2)
    else:
        rec = F.mse_loss(recon, x)
    return rec + kl, kl


data = blobs(4096)
loader = DataLoader(TensorDataset(data), batch_size=128, shuffle=True)
model = VAE()
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(25):
    for (x,) in loader:
        recon, mu, logvar = model(x)
        loss, kl = vae_loss(recon, x, mu, logvar)
        opt.zero_grad()
        loss.backward()
        opt.step()
    if epoch % 5 == 0:
        print(f"epoch {epoch} loss {loss.item():.4f} kl {kl.item():.4f}")
test = blobs(1000)
with torch.no_grad():
    recon, mu, _ = model(test)
    r2 = 1 - F.mse_loss(recon, test).item() / test.var(0, unbiased=False).mean().item()
print(f"FINAL loss={loss.item():.4f} metric={r2:.4f} (R2 of reconstruction, more is better)")
