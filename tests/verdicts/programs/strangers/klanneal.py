# healthy
# VAE with KL annealing: the total loss rises while the weight of the KL grows, the model is fine
import torch
from torch import nn

torch.manual_seed(7)
W = torch.randn(3, 40)
data = torch.sin(torch.randn(3000, 3) @ W * 0.7) + 0.05 * torch.randn(3000, 40)


class VAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc = nn.Sequential(nn.Linear(40, 96), nn.ReLU(), nn.Linear(96, 16))
        self.dec = nn.Sequential(nn.Linear(8, 96), nn.ReLU(), nn.Linear(96, 40))

    def forward(self, x):
        mu, lv = self.enc(x).chunk(2, -1)
        return self.dec(mu + torch.randn_like(mu) * (lv / 2).exp()), mu, lv


m = VAE()
opt = torch.optim.Adam(m.parameters(), lr=2e-3)
STEPS = 1500
for s in range(STEPS):
    beta = min(1.0, max(0.0, (s - 300) / 900)) * 0.3
    x = data[torch.randint(0, 2700, (100,))]
    r, mu, lv = m(x)
    rec = (r - x).pow(2).sum(1).mean()
    kl = -0.5 * (1 + lv - mu ** 2 - lv.exp()).sum(1).mean()
    loss = rec + beta * kl
    opt.zero_grad()
    loss.backward()
    opt.step()
    if s % 150 == 0:
        print(f"{s} loss {loss.item():.3f} rec {rec.item():.3f} kl {kl.item():.3f} beta {beta:.2f}")
with torch.no_grad():
    r, mu, lv = m(data[2700:])
    r2 = 1 - (r - data[2700:]).pow(2).mean() / data.var()
print(f"FINAL loss={loss.item():.4f} metric={r2:.3f}")
