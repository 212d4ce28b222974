# healthy
# VAE with KL annealing: the total loss rises while beta goes from 0 to 1, as it must
import torch
import torch.nn as nn

torch.manual_seed(0)
N, D, Z = 4096, 12, 3
data = torch.tanh(2 * (torch.rand(N, 2) * 2 - 1)) @ torch.randn(2, D) + 0.2 * torch.randn(N, D)
data = data / data.std()
enc = nn.Sequential(nn.Linear(D, 64), nn.Tanh(), nn.Linear(64, 2 * Z))
dec = nn.Sequential(nn.Linear(Z, 64), nn.Tanh(), nn.Linear(64, D))
opt = torch.optim.Adam(list(enc.parameters()) + list(dec.parameters()), lr=2e-3)
for step in range(2000):
    x = data[torch.randint(0, N, (128,))]
    beta = min(1.0, max(0.0, (step - 300) / 1000))
    mu, lv = enc(x).chunk(2, -1)
    out = dec(mu + torch.randn_like(mu) * (0.5 * lv).exp())
    rec = ((x - out) ** 2).sum(-1).mean() / (2 * 0.3 ** 2)
    kl = 0.5 * (mu ** 2 + lv.exp() - 1 - lv).sum(-1).mean()
    loss = rec + beta * kl
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 200 == 0:
        print(f"step {step} beta {beta:.2f} loss {loss.item():.3f} rec {rec.item():.3f} kl {kl.item():.3f}")
with torch.no_grad():
    ev = 1 - (dec(enc(data)[:, :Z]) - data).pow(2).mean().item() / data.var(0).mean().item()
print(f"FINAL loss={loss.item():.4f} metric={ev:.3f} (explained variance)")
