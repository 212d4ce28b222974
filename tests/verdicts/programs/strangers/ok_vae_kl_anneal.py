# healthy
# VAE with the KL weight annealed from 0 to 1: the total loss rises during the annealing by design; the reconstructions are good
import torch
import torch.nn as nn
import torch.nn.functional as F
torch.manual_seed(0)
basis = torch.randn(3, 48)


def data(n):
    return torch.tanh(torch.randn(n, 3) @ basis * 0.7) + 0.05 * torch.randn(n, 48)


class VAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc = nn.Sequential(nn.Linear(48, 96), nn.SiLU(), nn.Linear(96, 12))
        self.dec = nn.Sequential(nn.Linear(6, 96), nn.SiLU(), nn.Linear(96, 48))

    def forward(self, x):
        mu, lv = self.enc(x).chunk(2, 1)
        return self.dec(mu + torch.randn_like(mu) * (lv / 2).exp()), mu, lv


net = VAE()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for step in range(2000):
    x = data(128)
    out, mu, lv = net(x)
    rec = F.mse_loss(out, x, reduction="none").sum(1).mean() / (2 * 0.05)
    kl = -0.5 * (1 + lv - mu ** 2 - lv.exp()).sum(1).mean()
    w = min(1.0, max(0.0, (step - 300) / 1200))
    loss = rec + w * kl
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 200 == 0:
        print(step, loss.item(), rec.item(), kl.item(), w)
with torch.no_grad():
    x = data(2000)
    r2 = 1 - ((net.dec(net.enc(x)[:, :6]) - x) ** 2).mean() / x.var(0).mean()
print(f"FINAL loss={loss.item():.4f} metric={r2.item():.4f}")
