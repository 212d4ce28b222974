# not_learning plateau vanishing_gradient
# Reconstruction loss is a mean over pixels and batch, while the KL is a sum over the batch, so the KL is ~10000 times too heavy and the posterior collapses.
# mended by: Sum both over the pixels and divide both by the batch size.
import os

import torch
from torch import nn
from torch.nn import functional as F

torch.manual_seed(101)
yy, xx = torch.meshgrid(torch.linspace(-1, 1, 14), torch.linspace(-1, 1, 14), indexing="ij")


def blobs(n):
    c = torch.rand(n, 2, 1, 1) * 1.2 - 0.6
    s = 0.2 + 0.2 * torch.rand(n, 1, 1)
    return torch.exp(-((xx - c[:, 0]) ** 2 + (yy - c[:, 1]) ** 2) / (2 * s**2)).flatten(1)


class VAE(nn.Module):
    def __init__(self, latent=4):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(196, 128), nn.ReLU())
        self.to_mu = nn.Linear(128, latent)
        self.to_logvar = nn.Linear(128, latent)
        self.decoder = nn.Sequential(nn.Linear(latent, 128), nn.ReLU(), nn.Linear(128, 196))

    def reparameterize(self, mu, logvar):
        return mu + torch.randn_like(mu) * torch.exp(0.5 * logvar)

    def forward(self, x):
        h = self.encoder(x)
        mu, logvar = self.to_mu(h), self.to_logvar(h)
        return self.decoder(self.reparameterize(mu, logvar)), mu, logvar


def loss_function(recon, x, mu, logvar):
    kld = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    if os.environ.get("FIX") == "1":
        bce = F.binary_cross_entropy_with_logits(recon, x, reduction="sum")
        return (bce + kld) / len(x), kld / len(x)
    bce = F.binary_cross_entropy_with_logits(recon, x)
    return bce + kld, kld / len(x)


model = VAE()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for step in range(300):
    x = blobs(64)
    recon, mu, logvar = model(x)
    loss, kld = loss_function(recon, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 50 == 0 or step == 299:
        err = (torch.sigmoid(recon) - x).pow(2).mean().item()
        print(f"step {step} loss {loss.item():.3f} kl/sample {kld.item():.4f} pixel mse {err:.4f} var {x.var(0).mean().item():.4f}")
