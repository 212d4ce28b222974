# nonfinite
# a document left empty by the stop-word filter makes a row of the attention mask all False: softmax over -inf only is NaN
# mended by: the first position is never masked
# cause words: mask, empty, padding, softmax, -inf, masked
import os
import math
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
VOCAB, T, PAD = 60, 20, 0


def make_docs(n, empty_at=None):
    lengths = torch.randint(5, T + 1, (n,))
    docs = torch.randint(4, VOCAB, (n, T))
    label = torch.randint(0, 3, (n,))
    for i in range(n):
        docs[i, int(torch.randint(0, int(lengths[i]), (1,)))] = 1 + label[i]
    if empty_at is not None:
        lengths[empty_at] = 0
    docs[torch.arange(T)[None] >= lengths[:, None]] = PAD
    return docs, label


class AttentionPool(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.q = nn.Parameter(torch.randn(d) * 0.1)
        self.k = nn.Linear(d, d)

    def forward(self, h, mask):
        score = self.k(h) @ self.q / math.sqrt(h.shape[-1])
        if FIX:
            mask = mask.clone()
            mask[:, 0] = True
        w = score.masked_fill(~mask, float("-inf")).softmax(-1)
        return (w[..., None] * h).sum(1)


class DocClassifier(nn.Module):
    def __init__(self, d=48):
        super().__init__()
        self.emb = nn.Embedding(VOCAB, d, padding_idx=PAD)
        self.ff = nn.Sequential(nn.Linear(d, d), nn.GELU(), nn.LayerNorm(d))
        self.pool = AttentionPool(d)
        self.head = nn.Linear(d, 3)

    def forward(self, ids):
        h = self.ff(self.emb(ids))
        return self.head(self.pool(h, ids != PAD))


train_x, train_y = make_docs(6000, empty_at=5210)
test_x, test_y = make_docs(500)
model = DocClassifier()
opt = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(4):
    model.train()
    running = 0.0
    for i in range(0, 6000, 16):
        x, y = train_x[i:i + 16], train_y[i:i + 16]
        opt.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        opt.step()
        running += loss.item()
    print(f"epoch {epoch}: train loss {running / 375:.4f}")

model.eval()
with torch.no_grad():
    acc = (model(test_x).argmax(-1) == test_y).float().mean().item()
print(f"FINAL loss={running / 375:.4f} metric={acc:.3f}")
