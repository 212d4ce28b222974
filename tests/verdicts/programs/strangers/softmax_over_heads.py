# miswired plateau not_learning vanishing_gradient saturated
# Attention softmax over dim=1 (the heads axis, size 1) so that every weight is 1: attention is a plain sum and q, k get gradients of exactly zero.
# mended by: softmax(dim=-1)
import os
import math
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
SOFTMAX_DIM = -1 if FIX else 1
torch.manual_seed(0)
rng = np.random.default_rng(0)
N_KEYS, N_VALS, N_PAIRS = 12, 8, 6


def recall_batch(n):
    keys = np.argsort(rng.random((n, N_KEYS)), 1)[:, :N_PAIRS]
    vals = rng.integers(0, N_VALS, (n, N_PAIRS))
    pick = rng.integers(0, N_PAIRS, n)
    q = keys[np.arange(n), pick]
    y = vals[np.arange(n), pick]
    return [torch.from_numpy(a) for a in (keys, vals, q, y)]


class CrossAttention(nn.Module):
    def __init__(self, d, heads=1):
        super().__init__()
        self.heads = heads
        self.q, self.k, self.v, self.o = (nn.Linear(d, d) for _ in range(4))

    def split(self, x):
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def forward(self, query, memory):
        q, k, v = self.split(self.q(query)), self.split(self.k(memory)), self.split(self.v(memory))
        w = torch.softmax(q @ k.mT / math.sqrt(q.size(-1)), dim=SOFTMAX_DIM)
        return self.o((w @ v).transpose(1, 2).flatten(2))


class Recall(nn.Module):
    def __init__(self, d=48):
        super().__init__()
        self.key = nn.Embedding(N_KEYS, d)
        self.val = nn.Embedding(N_VALS, d)
        self.attn = CrossAttention(d)
        self.norm = nn.LayerNorm(d)
        self.head = nn.Sequential(nn.Linear(d, 64), nn.GELU(), nn.Linear(64, N_VALS))

    def forward(self, keys, vals, q):
        mem = self.key(keys) + self.val(vals)
        h = self.attn(self.key(q).unsqueeze(1), mem).squeeze(1)
        return self.head(self.norm(h))


model = Recall()
opt = torch.optim.AdamW(model.parameters(), lr=3e-3)
losses = []
for step in range(600):
    k, v, q, y = recall_batch(64)
    loss = F.cross_entropy(model(k, v, q), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    losses.append(loss.item())
    if step % 60 == 0:
        print(f"step {step:4d} loss {losses[-1]:.4f}")
with torch.no_grad():
    k, v, q, y = recall_batch(2000)
    acc = (model(k, v, q).argmax(1) == y).float().mean().item()
print(f"FINAL loss={np.mean(losses[-60:]):.4f} metric={acc:.4f}")
