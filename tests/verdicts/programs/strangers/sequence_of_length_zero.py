# nonfinite
# A sequence of length 0 gives an attention row masked with -inf everywhere; softmax over it is NaN in the forward pass.
# mended by: mask with a large finite value (-1e9) instead of -inf
import os
import math
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
MASK_VALUE = -1e9 if FIX else float("-inf")
torch.manual_seed(0)
rng = np.random.default_rng(22)
VOCAB, MAXLEN = 40, 20


def make_batch(n, lam=9.0):
    lengths = np.minimum(rng.poisson(lam, n), MAXLEN)
    tok = rng.integers(1, VOCAB, (n, MAXLEN))
    mask = np.arange(MAXLEN)[None] < lengths[:, None]
    tok = tok * mask
    y = ((tok <= 8) & mask).sum(1) >= 2
    return torch.from_numpy(tok), torch.from_numpy(mask), torch.from_numpy(y.astype(np.int64))


class SelfAttention(nn.Module):
    def __init__(self, d, heads):
        super().__init__()
        self.h = heads
        self.qkv = nn.Linear(d, 3 * d)
        self.proj = nn.Linear(d, d)

    def forward(self, x, mask):
        B, T, D = x.shape
        q, k, v = self.qkv(x).view(B, T, 3, self.h, D // self.h).permute(2, 0, 3, 1, 4)
        att = q @ k.transpose(-2, -1) / math.sqrt(D // self.h)
        att = att.masked_fill(~mask[:, None, None, :], MASK_VALUE)
        att = att.softmax(-1)
        return self.proj((att @ v).transpose(1, 2).reshape(B, T, D))


class Classifier(nn.Module):
    def __init__(self, d=32):
        super().__init__()
        self.emb = nn.Embedding(VOCAB, d, padding_idx=0)
        self.norm1, self.norm2 = nn.LayerNorm(d), nn.LayerNorm(d)
        self.attn = SelfAttention(d, 4)
        self.ff = nn.Sequential(nn.Linear(d, 64), nn.GELU(), nn.Linear(64, d))
        self.head = nn.Linear(d, 2)

    def forward(self, tok, mask):
        x = self.emb(tok)
        x = x + self.attn(self.norm1(x), mask)
        x = x + self.ff(self.norm2(x))
        m = mask.unsqueeze(-1).float()
        return self.head((x * m).sum(1) / 4)


net = Classifier()
opt = torch.optim.AdamW(net.parameters(), lr=2e-3)
hist = []
for it in range(600):
    tok, mask, y = make_batch(32)
    loss = F.cross_entropy(net(tok, mask), y)
    opt.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    opt.step()
    hist.append(loss.item())
    if it % 50 == 0:
        print(it, round(hist[-1], 4))
net.eval()
with torch.no_grad():
    tok, mask, y = make_batch(2000)
    acc = (net(tok, mask).argmax(1) == y).float().mean().item()
print(f"FINAL loss={np.mean(hist[-60:]):.4f} metric={acc:.4f}")
