# clipping_dominates not_learning
# clip_grad_norm_ threshold 0.003 while gradient norms are ~1-2: every step is clipped by ~500x under SGD, so learning is very slow.
# mended by: --clip 1.0
"""Tiny causal transformer LM on a synthetic grammar, SGD with clipping and warm-up."""
import argparse
import math
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
ap = argparse.ArgumentParser()
ap.add_argument("--lr", type=float, default=0.1)
ap.add_argument("--clip", type=float, default=1.0 if FIX else 0.003)
ap.add_argument("--steps", type=int, default=300)
ap.add_argument("--warmup", type=int, default=20)
a = ap.parse_args()
torch.manual_seed(170)
V, T = 24, 16
table = torch.randint(0, V, (V, 2))


def sample(n):
    s = torch.zeros(n, T + 1, dtype=torch.long)
    s[:, 0] = torch.randint(0, V, (n,))
    for t in range(T):
        pick = (torch.rand(n) < 0.15).long()
        s[:, t + 1] = table[s[:, t], pick]
    return s[:, :-1], s[:, 1:]


class Block(nn.Module):
    def __init__(self, d, heads):
        super().__init__()
        self.n1, self.n2 = nn.LayerNorm(d), nn.LayerNorm(d)
        self.att = nn.MultiheadAttention(d, heads, batch_first=True)
        self.ff = nn.Sequential(nn.Linear(d, 2 * d), nn.GELU(), nn.Linear(2 * d, d))

    def forward(self, x, m):
        h = self.n1(x)
        x = x + self.att(h, h, h, attn_mask=m, need_weights=False)[0]
        return x + self.ff(self.n2(x))


class LM(nn.Module):
    def __init__(self, d=48, depth=2):
        super().__init__()
        self.tok = nn.Embedding(V, d)
        self.pos = nn.Parameter(0.02 * torch.randn(T, d))
        self.blocks = nn.ModuleList(Block(d, 4) for _ in range(depth))
        self.norm = nn.LayerNorm(d)
        self.head = nn.Linear(d, V, bias=False)
        self.register_buffer("mask", torch.full((T, T), float("-inf")).triu(1))

    def forward(self, x):
        h = self.tok(x) + self.pos
        for b in self.blocks:
            h = b(h, self.mask)
        return self.head(self.norm(h))


def schedule(s):
    if s < a.warmup:
        return (s + 1) / a.warmup
    return 0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * (s - a.warmup) / (a.steps - a.warmup)))


lm = LM()
opt = torch.optim.SGD(lm.parameters(), lr=a.lr, momentum=0.9)
sched = torch.optim.lr_scheduler.LambdaLR(opt, schedule)
hist = []
for s in range(a.steps):
    x, y = sample(32)
    out = lm(x)
    loss = F.cross_entropy(out.flatten(0, 1), y.flatten())
    opt.zero_grad()
    loss.backward()
    gn = nn.utils.clip_grad_norm_(lm.parameters(), a.clip)
    opt.step()
    sched.step()
    hist.append((loss.item(), (out.argmax(-1) == y).float().mean().item(), gn.item() > a.clip))
    if s % 30 == 0:
        print(s, hist[-1], gn.item())
t = hist[-(a.steps // 10):]
print("clipped", sum(h[2] for h in hist) / len(hist))
print(f"FINAL loss={sum(h[0] for h in t) / len(t):.4f} metric={sum(h[1] for h in t) / len(t):.4f}")
