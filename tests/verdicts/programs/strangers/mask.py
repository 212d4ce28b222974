# healthy
# looks suspicious: -inf in the attention scores, rows that are padding altogether (nan_to_num after), gradient accumulation with zero_grad only every 4th pass; it learns
import math, torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(54); torch.set_num_threads(1)
class MaskedAttn(nn.Module):
    def __init__(self, d, h=4):
        super().__init__()
        self.h, self.qkv, self.o = h, nn.Linear(d, 3 * d), nn.Linear(d, d)
    def forward(self, x, pad):
        B, L, D = x.shape
        q, k, v = self.qkv(x).view(B, L, 3, self.h, D // self.h).permute(2, 0, 3, 1, 4)
        s = (q @ k.transpose(-1, -2) / math.sqrt(D / self.h)).masked_fill(pad[:, None, None], float("-inf"))
        empty = pad.all(1)[:, None, None, None]
        a = s.masked_fill(empty, 0.0).softmax(-1)
        return self.o((a @ v).transpose(1, 2).reshape(B, L, D))
class Model(nn.Module):
    def __init__(self, v=24, d=32):
        super().__init__()
        self.emb, self.att, self.ln = nn.Embedding(v, d, padding_idx=0), MaskedAttn(d), nn.LayerNorm(d)
        self.out = nn.Sequential(nn.Linear(d, 48), nn.GELU(), nn.Linear(48, 3))
    def forward(self, ids):
        pad = ids == 0
        h = self.emb(ids); h = self.ln(h + self.att(h, pad))
        keep = (~pad).float()[..., None]
        return self.out((h * keep).sum(1) / keep.sum(1).clamp(min=1))
def batch(n, L=14):
    n_tok = torch.randint(0, L + 1, (n,)); ids = torch.randint(1, 24, (n, L))
    ids[torch.arange(L)[None] >= n_tok[:, None]] = 0
    a, b = ((ids > 0) & (ids < 9)).sum(1), (ids > 15).sum(1)
    y = torch.where(a > b, 0, torch.where(b > a, 1, 2))
    y[n_tok == 0] = -100
    return ids, y
m = Model(); opt = torch.optim.AdamW(m.parameters(), 3e-3); ACC = 4
for s in range(2000):
    ids, y = batch(16)
    loss = F.cross_entropy(m(ids), y, ignore_index=-100)
    (loss / ACC).backward()
    if (s + 1) % ACC == 0:
        nn.utils.clip_grad_norm_(m.parameters(), 1.0); opt.step(); opt.zero_grad(set_to_none=True)
    if s % 200 == 0:
        print(f"micro {s} ce {loss.item():.4f}")
ids, y = batch(3000); k = y >= 0
print(f"FINAL loss={loss.item():.4f} metric={(m(ids).argmax(1) == y)[k].float().mean():.4f}")
