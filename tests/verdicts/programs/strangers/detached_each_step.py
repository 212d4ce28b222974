# miswired not_learning plateau
# The hidden state is detached before every time step (TBPTT length 1), so no gradient flows to earlier steps and the memory task cannot be learned.
# mended by: do not detach h inside the sequence (tbptt=None)
import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
rng = np.random.default_rng(3)
T, CHUNK = 16, 1


class Memory(nn.Module):
    def __init__(self, vocab=10, d=32):
        super().__init__()
        self.emb = nn.Embedding(vocab, d)
        self.cell = nn.GRUCell(d, d)
        self.out = nn.Linear(d, vocab)
        self.d = d

    def forward(self, tokens, tbptt=None):
        h = torch.zeros(tokens.size(0), self.d)
        for t in range(tokens.size(1)):
            if tbptt and t % tbptt == 0:
                h = h.detach()
            h = self.cell(self.emb(tokens[:, t]), h)
        return self.out(h)


def batch(n):
    x = rng.integers(2, 10, (n, T))
    pos = rng.integers(0, T // 2, n)
    key = rng.integers(2, 10, n)
    x[np.arange(n), pos] = 0
    x[np.arange(n), pos + 1] = key
    x[:, -1] = 1
    return torch.from_numpy(x), torch.from_numpy(key)


model = Memory()
opt = torch.optim.Adam(model.parameters(), lr=5e-3)
losses = []
for step in range(700):
    x, y = batch(64)
    loss = F.cross_entropy(model(x, tbptt=None if FIX else CHUNK), y)
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    opt.step()
    losses.append(loss.item())
    if step % 100 == 0:
        print(step, round(losses[-1], 4))
with torch.no_grad():
    x, y = batch(2000)
    acc = (model(x).argmax(1) == y).float().mean().item()
print(f"FINAL loss={np.mean(losses[-70:]):.4f} metric={acc:.4f}")
