# plateau
# triplet loss with hardest-negative mining and a high learning rate from the first step: all embeddings fall onto one point and the loss sits at the margin
# mended by: unit-length embeddings, all-triplet averaging and a smaller learning rate
# cause words: collapse hardest mining margin negative identical same point
import os
import torch
from torch import nn
import torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
n_id, D = 40, 24
base = torch.randn(n_id, D)
mix = torch.randn(D, 64) / 5


def batch(p=10, k=4):
    ids = torch.randperm(n_id)[:p].repeat_interleave(k)
    x = torch.tanh(base[ids] @ mix) + 1.0 * torch.randn(p * k, 64)
    return x, ids


class Embedder(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 16))

    def forward(self, x):
        e = self.net(x)
        return F.normalize(e, dim=1) if FIX else e


def triplet(e, ids, margin=0.3):
    d = (e[:, None] - e[None]).pow(2).sum(-1).clamp_min(1e-12).sqrt()
    same = ids[:, None] == ids[None]
    if FIX:
        t = F.relu(d[:, :, None] - d[:, None, :] + margin)
        m = same[:, :, None] & ~same[:, None, :]
        return t[m].mean()
    pos = (d * same).max(1).values
    neg = (d + 1e6 * same).min(1).values
    return F.relu(pos - neg + margin).mean()


model = Embedder()
opt = torch.optim.Adam(model.parameters(), lr=1e-3 if FIX else 3e-2)
for step in range(800):
    x, ids = batch()
    loss = triplet(model(x), ids)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 100 == 0:
        print(f"step {step} loss {loss.item():.4f}")
hits = []
model.eval()
with torch.no_grad():
    for _ in range(20):
        x, ids = batch()
        d = torch.cdist(model(x), model(x)) + 1e6 * torch.eye(len(ids))
        hits.append((ids[d.argmin(1)] == ids).float().mean().item())
print(f"FINAL loss={loss.item():.4f} metric={sum(hits) / len(hits):.3f}")
