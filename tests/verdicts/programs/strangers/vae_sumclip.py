# clipping_dominates
# VAE whose loss is the sum over batch and pixels (gradient norms in the hundreds) trained by SGD with clip_grad_norm_ 0.05 "for stability"
# mended by: mean over the batch and clip at 10
# cause words: clip clipping norm threshold sum reduction
import os
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
N, P, Z = 2048, 100, 4
g = torch.linspace(0, 1, 10)
c = torch.rand(N, 2)
d2 = (g[None, :, None] - c[:, 0, None, None]) ** 2 + (g[None, None] - c[:, 1, None, None]) ** 2
data = torch.exp(-d2 / 0.08).view(N, P)


class VAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc = nn.Sequential(nn.Linear(P, 64), nn.ReLU(), nn.Linear(64, 2 * Z))
        self.dec = nn.Sequential(nn.Linear(Z, 64), nn.ReLU(), nn.Linear(64, P))

    def forward(self, x):
        mu, lv = self.enc(x).chunk(2, -1)
        z = mu + torch.randn_like(mu) * (0.5 * lv).exp()
        return self.dec(z), mu, lv


vae = VAE()
opt = torch.optim.SGD(vae.parameters(), lr=5e-3, momentum=0.9)
MAX_NORM = 10.0 if FIX else 0.05
dl = DataLoader(TensorDataset(data), batch_size=64, shuffle=True, drop_last=True)
for epoch in range(40):
    for (x,) in dl:
        out, mu, lv = vae(x)
        rec = F.binary_cross_entropy_with_logits(out, x, reduction="sum")
        kld = -0.5 * (1 + lv - mu ** 2 - lv.exp()).sum()
        loss = rec + kld
        if FIX:
            loss = loss / len(x)
        opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(vae.parameters(), MAX_NORM)
        opt.step()
    if epoch % 4 == 0:
        print(f"epoch {epoch} loss {loss.item():.3f}")
with torch.no_grad():
    mu, _ = vae.enc(data).chunk(2, -1)
    ev = 1 - F.mse_loss(vae.dec(mu).sigmoid(), data).item() / data.var(0).mean().item()
print(f"FINAL loss={loss.item():.3f} metric={ev:.3f} (explained variance)")
