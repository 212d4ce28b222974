# healthy
# VAE with KL annealing: the total loss rises while beta goes 0 to 1, then settles; latents stay in use and reconstruction is good
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(51)
D, Z = 24, 4
mix = torch.randn(3, D)
def batch(n=64):
    z = torch.randn(n, 3)
    return torch.tanh(z @ mix / 1.5) + 0.1 * torch.randn(n, D)
class VAE(nn.Module):
    def __init__(self, h=64):
        super().__init__()
        self.e = nn.Sequential(nn.Linear(D, h), nn.ReLU(), nn.Linear(h, 2 * Z))
        self.d = nn.Sequential(nn.Linear(Z, h), nn.ReLU(), nn.Linear(h, D))
    def forward(self, x):
        mu, lv = self.e(x).chunk(2, 1)
        z = mu + (0.5 * lv).exp() * torch.randn_like(mu)
        kl = 0.5 * (mu.pow(2) + lv.exp() - 1 - lv).sum(1).mean()
        return self.d(z), kl, mu
net = VAE()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for step in range(1600):
    beta = min(1.0, max(0.0, (step - 300) / 800))
    x = batch()
    r, kl, _ = net(x)
    rec = F.mse_loss(r, x, reduction="sum") / len(x) / (2 * 0.2 ** 2)
    loss = rec + beta * kl
    opt.zero_grad(); loss.backward(); opt.step()
    if step % 160 == 0: print(f"{step} beta {beta:.2f} loss {loss.item():.3f} rec {rec.item():.3f} kl {kl.item():.3f}")
with torch.no_grad():
    x = batch(1000)
    m = F.mse_loss(net(x)[0], x).item() / x.var().item()
print(f"FINAL loss={loss.item():.4f} metric={m:.4f}")
