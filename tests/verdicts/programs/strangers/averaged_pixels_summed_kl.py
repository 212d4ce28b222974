# plateau not_learning miswired vanishing_gradient badly_scaled
# Reconstruction is a mean over 196 pixels while KL is summed over latents (KL weighs ~196x too much): posterior collapse, decoder outputs the mean image and the loss stays flat at ~0.40.
# mended by: divide KL by the number of pixels (or sum the reconstruction)
"""Convolution-free VAE on blob images, bf16 autocast."""
import math
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(23)
S = 14


def blobs(n):
    g = torch.arange(S).float()
    cx, cy = torch.rand(n, 1, 1) * 9 + 2, torch.rand(n, 1, 1) * 9 + 2
    w = torch.rand(n, 1, 1) * 1.5 + 1.5
    d = (g[None, None] - cx) ** 2 + (g[None, :, None] - cy) ** 2
    return torch.exp(-d / (2 * w ** 2)).reshape(n, -1)


class VAE(nn.Module):
    def __init__(self, d=S * S, h=128, z=6):
        super().__init__()
        self.enc = nn.Sequential(nn.Linear(d, h), nn.ReLU(), nn.Linear(h, 2 * z))
        self.dec = nn.Sequential(nn.Linear(z, h), nn.ReLU(), nn.Linear(h, h), nn.ReLU(), nn.Linear(h, d))

    def forward(self, x):
        mu, logvar = self.enc(x).float().chunk(2, -1)
        z = mu + torch.randn_like(mu) * (0.5 * logvar).exp()
        return self.dec(z), mu, logvar


def elbo_loss(logits, x, mu, logvar):
    rec = F.binary_cross_entropy_with_logits(logits.float(), x, reduction="none")
    kl = -0.5 * (1 + logvar - mu.pow(2) - logvar.exp()).sum(-1).mean()
    if FIX:
        kl = kl / x.shape[1]
    return rec.mean() + kl


model = VAE()
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
X = blobs(6000)
base_mse = (X - X.mean(0)).pow(2).mean().item()
hist = []
for step in range(500):
    x = X[torch.randint(0, len(X), (96,))]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits, mu, logvar = model(x)
    loss = elbo_loss(logits, x, mu, logvar)
    opt.zero_grad()
    loss.backward()
    opt.step()
    mse = (torch.sigmoid(logits.float()) - x).pow(2).mean().item()
    hist.append((loss.item(), mse / base_mse))
    if step % 50 == 0:
        print(step, hist[-1], mu.std(0).mean().item())
print("FINAL loss=%.4f metric=%.4f" % (sum(a for a, _ in hist[-50:]) / 50, sum(b for _, b in hist[-50:]) / 50))
