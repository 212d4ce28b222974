# nonfinite
# Some sources are empty after stop words are removed; every key is masked with -inf and softmax gives NaN, which the optimizer writes into all weights.
# mended by: Use a large finite fill value or leave out empty sources.
import math
import os

import numpy as np
import torch
import torch.nn as nn

rng = np.random.default_rng(8)
torch.manual_seed(8)
V, L, D = 20, 10, 48
STOP = {2, 3, 4}


def make_pair():
    n = rng.integers(2, L + 1)
    probs = np.full(V - 2, 1.0)
    if rng.random() < 0.02:
        probs[:3] = 60
    raw = rng.choice(np.arange(2, V), size=n, p=probs / probs.sum())
    kept = [int(w) for w in raw if w not in STOP]
    return kept, [*kept[::-1], 1]


def collate(k):
    src = torch.zeros(k, L, dtype=torch.long)
    tgt = torch.zeros(k, L + 1, dtype=torch.long)
    for i in range(k):
        s, t = make_pair()
        src[i, : len(s)] = torch.tensor(s, dtype=torch.long)
        tgt[i, : len(t)] = torch.tensor(t)
    return src, tgt


class Attention(nn.Module):
    def __init__(self, d, heads=4):
        super().__init__()
        self.heads = heads
        self.wq, self.wk, self.wv, self.wo = (nn.Linear(d, d) for _ in range(4))

    def forward(self, x, mem, mask):
        def split(t):
            return t.unflatten(-1, (self.heads, -1)).transpose(1, 2)

        q, k, v = split(self.wq(x)), split(self.wk(mem)), split(self.wv(mem))
        scores = q @ k.transpose(-2, -1) / math.sqrt(q.size(-1))
        fill = -1e9 if os.environ.get("FIX") == "1" else float("-inf")
        w = scores.masked_fill(~mask, fill).softmax(-1)
        return self.wo((w @ v).transpose(1, 2).flatten(2))


class Layer(nn.Module):
    def __init__(self, d, cross):
        super().__init__()
        self.self_attn = Attention(d)
        self.cross_attn = Attention(d) if cross else None
        self.ff = nn.Sequential(nn.Linear(d, 2 * d), nn.ReLU(), nn.Linear(2 * d, d))
        self.norms = nn.ModuleList(nn.LayerNorm(d) for _ in range(3))

    def forward(self, x, mask, mem=None, mem_mask=None):
        h = self.norms[0](x)
        x = x + self.self_attn(h, h, mask)
        if self.cross_attn is not None:
            x = x + self.cross_attn(self.norms[1](x), mem, mem_mask)
        return x + self.ff(self.norms[2](x))


class EncDec(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(V, D)
        self.pos = nn.Parameter(0.1 * torch.randn(L + 1, D))
        self.enc = nn.ModuleList(Layer(D, False) for _ in range(2))
        self.dec = nn.ModuleList(Layer(D, True) for _ in range(2))
        self.out = nn.Linear(D, V)

    def forward(self, src, tgt_in):
        keep = (src != 0)[:, None, None, :]
        m = self.emb(src) + self.pos[: src.size(1)]
        for layer in self.enc:
            m = layer(m, keep)
        n = tgt_in.size(1)
        causal = torch.tril(torch.ones(n, n, dtype=torch.bool))
        y = self.emb(tgt_in) + self.pos[:n]
        for layer in self.dec:
            y = layer(y, causal, m, keep)
        return self.out(y)


model = EncDec()
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
crit = nn.CrossEntropyLoss(ignore_index=0)
for it in range(130):
    src, tgt = collate(16)
    tgt_in = torch.cat([torch.ones(len(tgt), 1, dtype=torch.long), tgt[:, :-1]], 1)
    loss = crit(model(src, tgt_in).transpose(1, 2), tgt)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if it % 10 == 0:
        print(it, f"{loss.item():.4f}")
