# miswired plateau not_learning vanishing_gradient
# The loss is averaged over padding (98 % of positions, no ignore_index); it falls at once to a small value by predicting PAD and the real tokens get about 2 % of the gradient.
# mended by: cross_entropy(ignore_index=PAD)
import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
PAD, VOCAB, LMAX = 0, 24, 240
torch.manual_seed(0)
rng = np.random.default_rng(6)
table = np.random.default_rng(7).permutation(np.arange(1, VOCAB))


def collate(n):
    x = np.zeros((n, LMAX), dtype=np.int64)
    y = np.full((n, LMAX), PAD, dtype=np.int64)
    for i in range(n):
        L = LMAX if i == 0 and rng.random() < 0.02 else rng.integers(3, 7)
        x[i, :L] = rng.integers(1, VOCAB, L)
        y[i, :L] = table[x[i, :L] - 1]
    return torch.from_numpy(x), torch.from_numpy(y)


class Tagger(nn.Module):
    def __init__(self, d=24):
        super().__init__()
        self.emb = nn.Embedding(VOCAB, d)
        self.conv = nn.Conv1d(d, 48, 3, padding=1)
        self.out = nn.Linear(48, VOCAB)

    def forward(self, x):
        h = torch.tanh(self.conv(self.emb(x).transpose(1, 2)))
        return self.out(h.transpose(1, 2))


def loss_fn(logits, y):
    kw = {"ignore_index": PAD} if FIX else {}
    return F.cross_entropy(logits.flatten(0, 1), y.flatten(), **kw)


model = Tagger()
opt = torch.optim.SGD(model.parameters(), lr=0.3)
sched = torch.optim.lr_scheduler.LinearLR(opt, 1.0, 0.3, total_iters=500)
hist = []
for it in range(500):
    x, y = collate(16)
    loss = loss_fn(model(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    hist.append(loss.item())
    if it % 50 == 0:
        print(f"{it:4d} {hist[-1]:.4f}")
with torch.no_grad():
    x, y = collate(300)
    m = y != PAD
    acc = (model(x).argmax(-1)[m] == y[m]).float().mean().item()
print(f"FINAL loss={np.mean(hist[-50:]):.4f} metric={acc:.4f}")
