# nonfinite
# Euclidean distance uses sqrt without eps; when a pair contains the same sample twice the gradient of sqrt(0) is inf*0 = NaN and the weights become NaN.
# mended by: add eps=1e-8 inside the sqrt
"""Siamese embedding network, contrastive loss on sampled pairs."""
import os
import torch
from torch import nn

FIX = os.environ.get("FIX", "0") == "1"
g = torch.Generator().manual_seed(11)
torch.manual_seed(11)

N_CLS, PER, DIM = 8, 1500, 20
centers = torch.randn(N_CLS, DIM, generator=g) * 0.8
data = centers[:, None] + torch.randn(N_CLS, PER, DIM, generator=g)


class Tower(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(DIM, 96), nn.LayerNorm(96), nn.GELU(),
            nn.Linear(96, 96), nn.GELU(),
            nn.Linear(96, 12))

    def forward(self, x):
        return self.net(x)


def pair_distance(a, b, eps=0.0):
    return (a - b).pow(2).sum(-1).add(eps).sqrt()


def contrastive(d, same, margin=2.0):
    pos = same * d.pow(2)
    neg = (1 - same) * (margin - d).clamp(min=0).pow(2)
    return (pos + neg).mean()


def sample_pairs(bs):
    same = (torch.rand(bs, generator=g) < 0.5).float()
    c1 = torch.randint(N_CLS, (bs,), generator=g)
    shift = torch.randint(1, N_CLS, (bs,), generator=g)
    c2 = torch.where(same.bool(), c1, (c1 + shift) % N_CLS)
    i1 = torch.randint(PER, (bs,), generator=g)
    i2 = torch.randint(PER, (bs,), generator=g)
    return data[c1, i1], data[c2, i2], same


tower = Tower()
optim = torch.optim.AdamW(tower.parameters(), lr=1e-3, weight_decay=1e-4)
losses, accs = [], []
EPS = 1e-8 if FIX else 0.0
for it in range(600):
    a, b, same = sample_pairs(32)
    d = pair_distance(tower(a), tower(b), EPS)
    loss = contrastive(d, same)
    optim.zero_grad(set_to_none=True)
    loss.backward()
    optim.step()
    losses.append(loss.item())
    accs.append(((d < 1.0).float() == same).float().mean().item())
    if it % 50 == 0:
        print(f"iter {it} loss {loss.item():.4f} acc {accs[-1]:.3f}")
n = 60
print(f"FINAL loss={sum(losses[-n:]) / n:.4f} metric={sum(accs[-n:]) / n:.4f}")
