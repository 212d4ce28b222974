# healthy
# VAE with KL annealing and summed losses: after the warm start the total loss rises because beta rises, gradients are large; reconstruction stays good
import torch
from torch import nn
import torch.nn.functional as F
torch.manual_seed(0)
mix = torch.randn(5, 49)


def pictures(n):
    return (torch.tanh(torch.randn(n, 5) @ mix) > 0).float()


class VAE(nn.Module):
    def __init__(self, z=8):
        super().__init__()
        self.enc = nn.Sequential(nn.Linear(49, 96), nn.ReLU(), nn.Linear(96, 2 * z))
        self.dec = nn.Sequential(nn.Linear(z, 96), nn.ReLU(), nn.Linear(96, 49))

    def forward(self, x):
        mu, lv = self.enc(x).chunk(2, 1)
        z = mu + torch.randn_like(mu) * (0.5 * lv).exp()
        return self.dec(z), mu, lv


model = VAE()
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
for step in range(1500):
    beta = 0.0 if step < 400 else min(1.0, (step - 400) / 600)
    x = pictures(128)
    out, mu, lv = model(x)
    rec = F.binary_cross_entropy_with_logits(out, x, reduction="sum") / 128
    kl = -0.5 * (1 + lv - mu.pow(2) - lv.exp()).sum() / 128
    loss = rec + beta * kl
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 150 == 0:
        print(f"step {step} beta {beta:.2f} loss {loss.item():.2f} rec {rec.item():.2f} kl {kl.item():.2f}")
with torch.no_grad():
    x = pictures(2000)
    acc = ((model(x)[0] > 0).float() == x).float().mean()
print(f"FINAL loss={loss.item():.3f} metric={acc.item():.3f}")
