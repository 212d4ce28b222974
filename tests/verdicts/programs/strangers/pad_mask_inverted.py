# nonfinite
# own attention fills with -inf where the mask is True, but the mask handed in is True = keep; full-length sequences then have every key masked: NaN
# mended by: mask inverted
# cause words: mask padding key_padding inverted masked softmax
import os
import torch
from torch import nn
from torch.utils.data import DataLoader
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
V, L, PAD = 20, 12, 0


def make(n):
    rows = []
    for _ in range(n):
        # rare: a text as long as the limit
        ln = int(torch.randint(4, L, (1,))) if torch.rand(1) > 0.004 else L
        t = torch.randint(1, V, (ln,))
        lab = int((t == 7).any() or (t == 3).any() or (t == 5).any())
        rows.append((t, lab))
    return rows


def collate(rows):
    x = torch.full((len(rows), L), PAD)
    for i, (t, _) in enumerate(rows):
        x[i, :len(t)] = t
    return x, torch.tensor([l for _, l in rows])


class Attention(nn.Module):
    def __init__(self, d, heads):
        super().__init__()
        self.h, self.qkv, self.o = heads, nn.Linear(d, 3 * d), nn.Linear(d, d)

    def forward(self, x, mask):
        B, T, d = x.shape
        q, k, v = self.qkv(x).view(B, T, 3, self.h, d // self.h).permute(2, 0, 3, 1, 4)
        s = q @ k.transpose(-1, -2) / (d // self.h) ** 0.5
        s = s.masked_fill(mask[:, None, None, :], float("-inf"))
        return self.o((s.softmax(-1) @ v).transpose(1, 2).reshape(B, T, d))


class Clf(nn.Module):
    def __init__(self, d=32):
        super().__init__()
        self.emb = nn.Embedding(V, d, padding_idx=PAD)
        self.pos = nn.Parameter(0.02 * torch.randn(L, d))
        self.att = Attention(d, 4)
        self.n1, self.n2 = nn.LayerNorm(d), nn.LayerNorm(d)
        self.ff = nn.Sequential(nn.Linear(d, 64), nn.ReLU(), nn.Linear(64, d))
        self.head = nn.Linear(d, 2)

    def forward(self, x):
        keep = x != PAD
        h = self.emb(x) + self.pos
        a = self.att(h, ~keep if FIX else keep)
        h = self.n1(h + a)
        h = self.n2(h + self.ff(h))
        m = keep[..., None].float()
        return self.head((h * m).sum(1) / m.sum(1))


model = Clf()
opt = torch.optim.AdamW(model.parameters(), lr=2e-3)
train, test = make(2000), make(500)
step = 0
for epoch in range(10):
    for x, y in DataLoader(train, 64, shuffle=True, collate_fn=collate):
        loss = nn.functional.cross_entropy(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        if step % 50 == 0:
            print(f"step {step} loss {loss.item():.4f}")
        step += 1
model.eval()
x, y = collate(test)
with torch.no_grad():
    acc = (model(x).argmax(1) == y).float().mean()
print(f"FINAL loss={loss.item():.4f} metric={acc.item():.3f}")
