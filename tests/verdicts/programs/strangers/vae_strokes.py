# not_learning plateau
# The reconstruction term is averaged over pixels while the KL term is summed, so the KL wins and the posterior collapses: the decoder paints the mean image.
# mended by: Sum the reconstruction over pixels (or weigh the KL down by the number of pixels).
"""Small VAE on synthetic 12x12 stroke images."""
import argparse
import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

p = argparse.ArgumentParser()
p.add_argument("--epochs", type=int, default=8)
p.add_argument("--batch-size", type=int, default=64)
p.add_argument("--latent", type=int, default=6)
args = p.parse_args()
torch.manual_seed(1)
FIX = "FIX" in os.environ


def strokes(n, side=12):
    yy, xx = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    cx = torch.randint(2, side - 2, (n, 1, 1))
    cy = torch.randint(2, side - 2, (n, 1, 1))
    vertical = torch.rand(n, 1, 1) < 0.5
    img = torch.where(vertical, ((xx - cx).abs() < 1) & ((yy - cy).abs() < 5), ((yy - cy).abs() < 1) & ((xx - cx).abs() < 5))
    return img.float().view(n, -1)


class VAE(nn.Module):
    def __init__(self, d, z):
        super().__init__()
        self.enc = nn.Linear(d, 128)
        self.mu = nn.Linear(128, z)
        self.logvar = nn.Linear(128, z)
        self.dec1 = nn.Linear(z, 128)
        self.dec2 = nn.Linear(128, d)

    def forward(self, x):
        h = F.relu(self.enc(x))
        mu, logvar = self.mu(h), self.logvar(h)
        z = mu + torch.randn_like(mu) * (0.5 * logvar).exp()
        return self.dec2(F.relu(self.dec1(z))), mu, logvar


def loss_function(logits, x, mu, logvar):
    if FIX:
        bce = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    else:
        bce = F.binary_cross_entropy_with_logits(logits, x)
    kld = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return bce + kld, bce, kld


loader = DataLoader(TensorDataset(strokes(4096)), batch_size=args.batch_size, shuffle=True)
test = strokes(512)
model = VAE(test.shape[1], args.latent)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(1, args.epochs + 1):
    model.train()
    for (x,) in loader:
        optimizer.zero_grad()
        logits, mu, logvar = model(x)
        loss, bce, kld = loss_function(logits, x, mu, logvar)
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        logits, mu, logvar = model(test)
        pix = F.binary_cross_entropy_with_logits(logits, test).item()
        mean_only = F.binary_cross_entropy(test.mean(0, keepdim=True).clamp(1e-4, 1 - 1e-4).expand_as(test), test).item()
        kl = (-0.5 * (1 + logvar - mu.pow(2) - logvar.exp()).sum(1)).mean().item()
    print(f"Epoch {epoch}: train loss {loss.item():.4f}  test bce/pixel {pix:.4f} (mean image: {mean_only:.4f})  kl {kl:.4f}")
