# healthy
# the total loss rises for a long while because beta goes from 0 to 1 (KL annealing); the reconstruction is good throughout
import torch
import torch.nn as nn

torch.manual_seed(43)
proj = torch.randn(3, 30)


def data(n):
    return torch.tanh(torch.randn(n, 3) @ proj) + 0.1 * torch.randn(n, 30)


class VAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc = nn.Sequential(nn.Linear(30, 64), nn.SiLU(), nn.Linear(64, 10))
        self.dec = nn.Sequential(nn.Linear(5, 64), nn.SiLU(), nn.Linear(64, 30))

    def forward(self, x):
        mu, lv = self.enc(x).chunk(2, 1)
        z = mu + (lv / 2).exp() * torch.randn_like(mu)
        return self.dec(z), 0.5 * (mu ** 2 + lv.exp() - 1 - lv).sum(1).mean()


net = VAE()
opt = torch.optim.AdamW(net.parameters(), lr=2e-3)
for step in range(2000):
    beta = min(1.0, max(0.0, (step - 300) / 1200))
    x = data(128)
    y, kl = net(x)
    rec = (y - x).pow(2).sum(1).mean() / (2 * 0.3 ** 2)
    loss = rec + beta * kl
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 250 == 0:
        print(f"step {step} loss {loss.item():.3f} rec {rec.item():.3f} kl {kl.item():.3f} beta {beta:.2f}")
x = data(2000)
with torch.no_grad():
    r2 = 1 - ((net(x)[0] - x).pow(2).mean() / x.var()).item()
print(f"FINAL loss={loss.item():.4f} metric={r2:.4f} (R2, more is better)")
