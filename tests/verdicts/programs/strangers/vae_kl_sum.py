# not_learning plateau
# reconstruction is averaged over pixels and batch, KL is summed: the KL term outweighs it hundreds of times, the posterior collapses and every output is the mean image
# mended by: both terms summed over dimensions and averaged over the batch
# cause words: KL posterior collapse weight sum
import os
import torch
from torch import nn
import torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0); torch.set_num_threads(1)


def blobs(n):
    """16x16 images with one bright blob"""
    g = torch.arange(16).float()
    cx, cy, s = torch.rand(n, 1, 1) * 11 + 2, torch.rand(n, 1, 1) * 11 + 2, 1.5 + torch.rand(n, 1, 1)
    return torch.exp(-((g[None, None] - cx) ** 2 + (g[None, :, None] - cy) ** 2) / (2 * s ** 2)).flatten(1)


class VAE(nn.Module):
    def __init__(self, z=6):
        super().__init__()
        self.fc1 = nn.Linear(256, 128)
        self.fc21 = nn.Linear(128, z)
        self.fc22 = nn.Linear(128, z)
        self.dec = nn.Sequential(nn.Linear(z, 128), nn.ReLU(), nn.Linear(128, 256), nn.Sigmoid())

    def forward(self, x):
        h = F.relu(self.fc1(x))
        mu, logvar = self.fc21(h), self.fc22(h)
        z = mu + torch.randn_like(mu) * torch.exp(0.5 * logvar)
        return self.dec(z), mu, logvar


def loss_function(recon, x, mu, logvar):
    if FIX:
        bce = F.binary_cross_entropy(recon, x, reduction="sum") / len(x)
        kld = -0.5 * (1 + logvar - mu.pow(2) - logvar.exp()).sum(1).mean()
    else:
        bce = F.binary_cross_entropy(recon, x)
        kld = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    return bce + kld


data = blobs(4000)
var = data.var(0).mean()
vae = VAE()
opt = torch.optim.Adam(vae.parameters(), lr=1e-3)
for epoch in range(16):
    for idx in torch.randperm(4000).split(64):
        x = data[idx]
        opt.zero_grad()
        recon, mu, lv = vae(x)
        loss = loss_function(recon, x, mu, lv)
        loss.backward()
        opt.step()
    if epoch % 3 == 0:
        print(f"====> Epoch {epoch} loss {loss.item():.4f} mse/var {(F.mse_loss(recon, x) / var).item():.3f}")
print(f"FINAL loss={loss.item():.4f} metric={(F.mse_loss(recon, x) / var).item():.4f}")
