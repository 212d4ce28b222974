# healthy
# InfoNCE with a batch that doubles every 200 steps: each doubling adds log 2 to the loss, while retrieval gets better
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
N, D = 3000, 32
base = torch.randn(N, D)


def augment(x):
    return x * (torch.rand_like(x) > 0.35) + 0.3 * torch.randn_like(x)


enc = nn.Sequential(nn.Linear(D, 128), nn.ReLU(), nn.Linear(128, 32))
opt = torch.optim.Adam(enc.parameters(), lr=1e-3)
bs = 16
for step in range(1000):
    if step and step % 200 == 0:
        bs *= 2
    x = base[torch.randint(0, N, (bs,))]
    a, b = F.normalize(enc(augment(x)), dim=1), F.normalize(enc(augment(x)), dim=1)
    loss = F.cross_entropy(a @ b.T / 0.1, torch.arange(bs))
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 100 == 0:
        print(f"step {step} batch {bs} loss {loss.item():.4f}")
with torch.no_grad():
    x = base[:500]
    a, b = F.normalize(enc(augment(x)), dim=1), F.normalize(enc(augment(x)), dim=1)
    hit = ((a @ b.T).argmax(1) == torch.arange(500)).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={hit:.3f} (pairs found among 500, chance 0.002)")
