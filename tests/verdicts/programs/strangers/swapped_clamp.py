# output_cannot_change miswired plateau not_learning vanishing_gradient
# torch.clamp(p, 1-eps, eps) has lo and hi swapped, which returns the constant eps for every pair: constant loss with exactly zero gradients.
# mended by: clamp(p, eps, 1-eps)
"""Pairwise ranking (RankNet style) for query-document features."""
import os
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(13)
EPS = 1e-6


class Scorer(nn.Module):
    def __init__(self, d=24):
        super().__init__()
        self.q = nn.Linear(8, 32)
        self.d = nn.Linear(d, 32)
        self.mlp = nn.Sequential(nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, q, d):
        return self.mlp(self.q(q).unsqueeze(1) + self.d(d)).squeeze(-1)


class QueryLog:
    def __init__(self, n=1500, docs=10):
        self.q = torch.randn(n, 8)
        self.d = torch.randn(n, docs, 24)
        w = torch.randn(8, 24) * 0.3
        v = torch.randn(24)
        self.rel = torch.einsum("nq,qd,nkd->nk", self.q, w, self.d) * 0.3 + self.d @ v

    def batches(self, bs):
        perm = torch.randperm(len(self.q))
        for i in perm.split(bs):
            yield self.q[i], self.d[i], self.rel[i]


def safe_prob(p):
    lo, hi = (EPS, 1 - EPS) if FIX else (1 - EPS, EPS)
    return torch.clamp(p, lo, hi)


def ranknet(scores, rel):
    diff = scores.unsqueeze(2) - scores.unsqueeze(1)
    target = (rel.unsqueeze(2) > rel.unsqueeze(1)).float()
    off = ~torch.eye(scores.shape[1], dtype=torch.bool)
    p = safe_prob(torch.sigmoid(diff))
    nll = -(target * p.log() + (1 - target) * (1 - p).log())
    ok = ((diff > 0).float() == target)[:, off].float().mean()
    return nll[:, off].mean(), ok


log = QueryLog()
net = Scorer()
opt = torch.optim.AdamW(net.parameters(), lr=3e-3)
hist = []
for epoch in range(8):
    for q, d, rel in log.batches(32):
        loss, acc = ranknet(net(q, d), rel)
        opt.zero_grad()
        loss.backward()
        opt.step()
        hist.append((loss.item(), acc.item()))
    print(epoch, hist[-1])
k = len(hist) // 10
print(f"FINAL loss={sum(a for a, _ in hist[-k:]) / k:.4f} metric={sum(b for _, b in hist[-k:]) / k:.4f}")
