# miswired not_learning vanishing_gradient plateau
# labels of shape (B,1) compared with themselves instead of the transpose: every pair counts as same class, no negatives, embeddings collapse to one point while the loss falls nicely.
# mended by: compare with labels.t()
import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import TensorDataset, DataLoader

FIX = os.environ.get("FIX") == "1"
NC, D = 8, 32


def faces(n, seed):
    r = np.random.default_rng(seed)
    c = np.random.default_rng(33).normal(size=(NC, D))
    y = r.integers(0, NC, n)
    x = c[y] * r.uniform(0.6, 1.4, (n, 1)) + 1.3 * r.normal(size=(n, D))
    return torch.tensor(x, dtype=torch.float32), torch.from_numpy(y)


class PairwiseContrastive(nn.Module):
    def __init__(self, margin=1.0):
        super().__init__()
        self.margin = margin

    def forward(self, z, labels):
        labels = labels.view(-1, 1)
        other = labels.t() if FIX else labels
        same = (labels == other).float()
        d = ((z[:, None] - z[None]) ** 2).sum(-1)
        pos = same * d
        neg = (1 - same) * F.relu(self.margin - (d + 1e-6).sqrt()) ** 2
        return (pos + neg).mean()


torch.manual_seed(0)
embed = nn.Sequential(nn.Linear(D, 64), nn.LayerNorm(64), nn.GELU(), nn.Linear(64, 12))
crit = PairwiseContrastive()
opt = torch.optim.AdamW(embed.parameters(), lr=1e-3)
loader = DataLoader(TensorDataset(*faces(5120, 0)), 64, shuffle=True, drop_last=True)
losses = []
for epoch in range(5):
    for x, y in loader:
        loss = crit(embed(x), y)
        opt.zero_grad(set_to_none=True)
        loss.backward()
        opt.step()
        losses.append(loss.item())
    print(f"epoch {epoch} loss {np.mean(losses[-80:]):.5f}")
with torch.no_grad():
    ref, yr = faces(800, 1)
    q, yq = faces(800, 2)
    nn_idx = torch.cdist(embed(q), embed(ref)).topk(9, largest=False).indices
    acc = (torch.mode(yr[nn_idx], 1).values == yq).float().mean().item()
    spread = embed(q).std(0).mean().item()
print(f"spread {spread:.5f}")
print(f"FINAL loss={np.mean(losses[-40:]):.5f} metric={acc:.4f}")
