# healthy
# autoencoder with summed reconstruction loss beside a class loss whose labels are 85 % random: the cross-entropy cannot go below 95 % of ln(C), yet the head finds the clean classes
# rule: E
import math
import torch
from torch import nn
import torch.nn.functional as F

torch.manual_seed(23)
torch.set_num_threads(1)
C, D, Z, BS, STEPS, KEEP = 8, 256, 12, 128, 1200, 0.15
centers = torch.randn(C, Z) * 2
mix = torch.randn(Z, D)


def batch(n):
    y = torch.randint(0, C, (n,))
    x = 3 * (centers[y] + torch.randn(n, Z)) @ mix + torch.randn(n, D) * 4
    noisy = torch.where(torch.rand(n) < KEEP, y, torch.randint(0, C, (n,)))
    return x, y, noisy


class Vae(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc = nn.Sequential(nn.Linear(D, 64), nn.ReLU(), nn.Linear(64, 2 * Z))
        self.dec = nn.Sequential(nn.Linear(Z, 64), nn.ReLU(), nn.Linear(64, D))
        self.cls = nn.Linear(Z, C)

    def forward(self, x):
        mu, logvar = self.enc(x / 15).chunk(2, dim=1)
        z = mu + torch.randn_like(mu) * (0.5 * logvar).exp()
        return self.dec(z) * 15, mu, logvar, self.cls(mu)


net = Vae()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, STEPS, eta_min=1e-5)
for step in range(STEPS):
    x, _, t = batch(BS)
    rec, mu, logvar, logits = net(x)
    l_rec = ((rec - x) ** 2).sum(1).mean()
    kl = -0.5 * (1 + logvar - mu ** 2 - logvar.exp()).sum(1).mean()
    ce = F.cross_entropy(logits, t)
    loss = l_rec + kl + ce
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if step in (255, 511) or step % 200 == 0:
        print(step, f"rec {l_rec.item():.0f} ce {ce.item():.4f} (ln C {math.log(C):.4f})")
with torch.no_grad():
    x, y, t = batch(6000)
    rec, _, _, logits = net(x)
    r2 = 1 - ((rec - x) ** 2).mean().item() / x.var(0).mean().item()
    acc = (logits.argmax(1) == y).float().mean().item()
    ce = F.cross_entropy(logits, t).item()
    final = ((rec - x) ** 2).sum(1).mean().item()
print(f"FINAL loss={final:.1f} metric={acc:.4f} (clean accuracy; ce {ce:.4f}; R2 of the reconstruction {r2:.4f})")
