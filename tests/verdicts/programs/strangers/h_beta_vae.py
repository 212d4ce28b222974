# healthy
# the loss rises while the KL weight is annealed from 0 to 1; that is the schedule and not a fault
import torch
from torch import nn
torch.manual_seed(16)
def gene(n):
    z = torch.randn(n, 3); return torch.tanh(z @ W1) @ W2 + 0.1 * torch.randn(n, 30)
W1, W2 = torch.randn(3, 20), torch.randn(20, 30) / 4
class VAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc = nn.Sequential(nn.Linear(30, 64), nn.SiLU(), nn.Linear(64, 10))
        self.dec = nn.Sequential(nn.Linear(5, 64), nn.SiLU(), nn.Linear(64, 30))
        self.log_s = nn.Parameter(torch.zeros(()))
    def forward(self, x):
        mu, lv = self.enc(x).chunk(2, 1)
        q = torch.distributions.Normal(mu, (0.5 * lv).exp())
        rec = torch.distributions.Normal(self.dec(q.rsample()), self.log_s.exp())
        kl = torch.distributions.kl_divergence(q, torch.distributions.Normal(0., 1.)).sum(1)
        return -rec.log_prob(x).sum(1).mean(), kl.mean()
vae = VAE(); opt = torch.optim.Adam(vae.parameters(), 2e-3)
for step in range(1200):
    beta = min(1.0, step / 600)
    nll, kl = vae(gene(64)); loss = nll + beta * kl
    opt.zero_grad(); loss.backward(); opt.step()
    if step % 150 == 0: print(f"{step} nll {nll.item():.2f} kl {kl.item():.2f} beta {beta:.2f}")
with torch.no_grad():
    x = gene(500); mu = vae.enc(x)[:, :5]
    r2 = (1 - (vae.dec(mu) - x).pow(2).sum() / (x - x.mean(0)).pow(2).sum()).item()
print(f"FINAL loss={loss.item():.4f} metric={r2:.4f}")
