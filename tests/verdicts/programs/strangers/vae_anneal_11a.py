# healthy
# VAE with KL annealing: the loss RISES while beta goes from 0 to 1 (the KL gets its weight), the reconstruction stays good
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(45)
S = 14


def make(n):
    x = torch.zeros(n, S, S)
    for i in range(n):
        r, c = torch.randint(0, 9, (2,)).tolist()
        if i % 2:
            x[i, r:r + 5, c:c + 5] = 1
        else:
            x[i, r + 2, c:c + 5] = 1
            x[i, r:r + 5, c + 2] = 1
    return x.view(n, -1)


class VAE(nn.Module):
    def __init__(self, z=6):
        super().__init__()
        self.enc = nn.Sequential(nn.Linear(S * S, 128), nn.ReLU())
        self.mu, self.lv = nn.Linear(128, z), nn.Linear(128, z)
        self.dec = nn.Sequential(nn.Linear(z, 128), nn.ReLU(), nn.Linear(128, S * S))

    def forward(self, x):
        h = self.enc(x)
        mu, lv = self.mu(h), self.lv(h)
        return self.dec(mu + torch.randn_like(mu) * (0.5 * lv).exp()), mu, lv


data, model = make(2000), VAE()
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
STEPS = 1200
for step in range(STEPS):
    beta = min(1.0, max(0.0, (step - 500) / 500))
    x = data[torch.randint(0, 2000, (64,))]
    logits, mu, lv = model(x)
    rec = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / 64
    kl = -0.5 * (1 + lv - mu.pow(2) - lv.exp()).sum(1).mean()
    loss = rec + beta * kl
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 50.0)
    opt.step()
    if step % 100 == 0:
        print(f"step {step} loss {loss.item():.3f} rec {rec.item():.3f} kl {kl.item():.3f} beta {beta:.2f}")
with torch.no_grad():
    p, t = model(data[:500])[0] > 0, data[:500] > 0.5
    iou = ((p & t).sum() / (p | t).sum()).item()
print(f"FINAL loss={loss.item():.4f} metric={iou:.4f}")
