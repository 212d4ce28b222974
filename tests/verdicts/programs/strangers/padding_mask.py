# nonfinite
# one review is empty: all its tokens are padding, the attention softmax over only -inf gives NaN and poisons the weights
# mended by: dropping empty samples (the mask keeps at least one token)
# cause words: mask, padding, empty, -inf, attention
# thread: "nn.MultiheadAttention outputs NaN with key_padding_mask", answer: a fully masked row
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(3)
V, L, N, PAD = 60, 20, 3200, 0
lens = torch.randint(3, L + 1, (N,))
lens[1777] = 0
X = torch.randint(1, V, (N, L))
y = torch.randint(0, 2, (N,))
for i in range(N):
    if lens[i]:
        k = torch.randperm(int(lens[i]))[:2]
        X[i, k] = torch.where(y[i] == 1, torch.randint(1, 8, (len(k),)), torch.randint(8, 15, (len(k),)))
    X[i, lens[i]:] = PAD
if FIX:
    keep = (X != PAD).any(1)
    X, y = X[keep], y[keep]


class SelfAttn(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.qkv = nn.Linear(d, 3 * d)
        self.out = nn.Linear(d, d)
        self.n1, self.n2 = nn.LayerNorm(d), nn.LayerNorm(d)
        self.ff = nn.Sequential(nn.Linear(d, 2 * d), nn.GELU(), nn.Linear(2 * d, d))

    def forward(self, x, pad):
        q, k, v = self.qkv(self.n1(x)).chunk(3, -1)
        att = q @ k.transpose(1, 2) / q.size(-1) ** 0.5
        att = att.masked_fill(pad[:, None, :], float("-inf")).softmax(-1)
        x = x + self.out(att @ v)
        return x + self.ff(self.n2(x))


class Classifier(nn.Module):
    def __init__(self, d=32):
        super().__init__()
        self.emb = nn.Embedding(V, d, padding_idx=PAD)
        self.pos = nn.Parameter(0.02 * torch.randn(L, d))
        self.blocks = nn.ModuleList([SelfAttn(d) for _ in range(2)])
        self.head = nn.Linear(d, 2)

    def forward(self, t):
        pad = t == PAD
        h = self.emb(t) + self.pos
        for b in self.blocks:
            h = b(h, pad)
        m = (~pad).float()[..., None]
        return self.head((h * m).sum(1) / m.sum(1).clamp(min=1))


model = Classifier()
opt = torch.optim.AdamW(model.parameters(), lr=2e-3)
B, step = 32, 0
for epoch in range(4):
    perm = torch.randperm(len(X))
    for i in range(0, len(X), B):
        idx = perm[i:i + B]
        loss = F.cross_entropy(model(X[idx]), y[idx])
        opt.zero_grad()
        loss.backward()
        opt.step()
        if step % 25 == 0:
            print(step, "loss", round(loss.item(), 4))
        step += 1
model.eval()
with torch.no_grad():
    acc = (model(X[:1000]).argmax(1) == y[:1000]).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f}")
