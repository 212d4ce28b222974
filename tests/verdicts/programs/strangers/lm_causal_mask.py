# nonfinite
# the causal mask is triu with diagonal=0, so the first position may attend to nothing and its softmax is NaN
# mended by: diagonal=1
# cause words: mask, diagonal, triu, causal, attention, softmax
import os
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(7)
VOCAB, T, D = 16, 24, 32


class Attention(nn.Module):
    def __init__(self, dim, heads=4):
        super().__init__()
        self.h = heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)
        mask = torch.triu(torch.ones(T, T), diagonal=1 if FIX else 0).bool()
        self.register_buffer("mask", mask)

    def forward(self, x):
        b, t, d = x.shape
        q, k, v = self.qkv(x).view(b, t, 3, self.h, d // self.h).permute(2, 0, 3, 1, 4)
        att = q @ k.transpose(-2, -1) / (d // self.h) ** 0.5
        att = att.masked_fill(self.mask[:t, :t], float("-inf"))
        out = att.softmax(-1) @ v
        return self.proj(out.transpose(1, 2).reshape(b, t, d))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.ln1, self.ln2 = nn.LayerNorm(D), nn.LayerNorm(D)
        self.att = Attention(D)
        self.mlp = nn.Sequential(nn.Linear(D, 4 * D), nn.GELU(), nn.Linear(4 * D, D))

    def forward(self, x):
        x = x + self.att(self.ln1(x))
        return x + self.mlp(self.ln2(x))


class GPT(nn.Module):
    def __init__(self):
        super().__init__()
        self.tok, self.pos = nn.Embedding(VOCAB, D), nn.Embedding(T, D)
        self.blocks = nn.Sequential(Block(), Block())
        self.head = nn.Linear(D, VOCAB)

    def forward(self, x):
        return self.head(self.blocks(self.tok(x) + self.pos.weight[: x.size(1)]))


def batch(n):
    start, step = torch.randint(0, VOCAB, (n, 1)), torch.randint(1, 4, (n, 1))
    seq = (start + step * torch.arange(T + 1)) % VOCAB
    return seq[:, :-1], seq[:, 1:]


model = GPT()
opt = torch.optim.AdamW(model.parameters(), lr=2e-3)
for it in range(300):
    x, y = batch(32)
    logits = model(x)
    loss = nn.functional.cross_entropy(logits.view(-1, VOCAB), y.reshape(-1))
    opt.zero_grad(set_to_none=True)
    loss.backward()
    opt.step()
    if it % 100 == 0:
        print(f"iter {it} loss {loss.item():.4f}")
acc = (logits.argmax(-1) == y)[:, 2:].float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f}")
