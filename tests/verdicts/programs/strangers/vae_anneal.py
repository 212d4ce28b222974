# healthy
# VAE with KL annealing: the printed loss rises steadily for half the run because beta goes from 0 to 1; reconstruction and KL are sound
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(12)
mix = torch.randn(3, 20)


def data(n):
    z = torch.randn(n, 3)
    return torch.tanh(z @ mix) * 2 + 0.3 * torch.randn(n, 20)


class VAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.e = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 10))
        self.d = nn.Sequential(nn.Linear(5, 64), nn.ReLU(), nn.Linear(64, 20))

    def forward(self, x):
        mu, lv = self.e(x).chunk(2, 1)
        z = mu + torch.randn_like(mu) * (0.5 * lv).exp()
        return self.d(z), mu, lv


net = VAE()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
N = 2400
for s in range(N):
    beta = min(1.0, max(0.0, (s - 300) / 1200))
    x = data(128)
    r, mu, lv = net(x)
    rec = 0.5 * ((r - x) ** 2).sum(1).mean() / 0.09
    kl = 0.5 * (mu ** 2 + lv.exp() - 1 - lv).sum(1).mean()
    loss = rec / 20 + beta * kl
    opt.zero_grad()
    loss.backward()
    opt.step()
    if s % 200 == 0:
        print(f"{s} beta {beta:.2f} loss {loss.item():.3f} rec {rec.item() / 20:.3f} kl {kl.item():.3f}")
x = data(2000)
with torch.no_grad():
    r, mu, lv = net(x)
    ev = 1 - F.mse_loss(net.d(mu), x) / x.var()
print(f"FINAL loss={loss.item():.4f} metric={ev.item():.4f} (explained variance)")
