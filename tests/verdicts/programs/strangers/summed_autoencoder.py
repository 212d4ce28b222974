# healthy
# Weight-normed autoencoder with sum reduction: loss and gradients in the thousands, harmless under Adam, converges to the noise floor.
"""Autoencoder with weight norm; loss is the SUM over batch and features (thousands), Adam is scale free."""
import torch, torch.nn as nn
from torch.nn.utils.parametrizations import weight_norm as wn
torch.manual_seed(2)
D, Z = 64, 6
A = torch.randn(Z, 32); B = torch.randn(32, D) / 32 ** .5

def batch(n):
    z = torch.randn(n, Z)
    return 5 * torch.tanh(z @ A * 0.4) @ B + 0.1 * torch.randn(n, D)

enc = nn.Sequential(wn(nn.Linear(D, 128)), nn.SiLU(), wn(nn.Linear(128, Z * 2)))
dec = nn.Sequential(wn(nn.Linear(Z * 2, 128)), nn.SiLU(), wn(nn.Linear(128, D)))
params = list(enc.parameters()) + list(dec.parameters())
opt = torch.optim.Adam(params, lr=2e-3)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 600, eta_min=1e-4)
hist = []
for step in range(600):
    x = batch(256)
    loss = nn.functional.mse_loss(dec(enc(x)), x, reduction="sum")
    opt.zero_grad(); loss.backward(); opt.step(); sched.step()
    hist.append(loss.item())
    if step % 60 == 0: print(step, f"{loss.item():.1f}")
with torch.no_grad():
    x = batch(4000)
    r2 = 1 - (dec(enc(x)) - x).pow(2).sum() / (x - x.mean(0)).pow(2).sum()
print(f"FINAL loss={sum(hist[-60:])/60:.3f} metric={r2.item():.4f}")
