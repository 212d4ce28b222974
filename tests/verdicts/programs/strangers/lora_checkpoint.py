# miswired
# LoRA with frozen embeddings and reentrant gradient checkpointing: the input of the first checkpointed blocks needs no gradient, so their adapters get none; only the head learns
# mended by: enable_input_require_grads (the embedding output is made to require grad)
# cause words: checkpoint requires_grad adapter lora frozen embedding reentrant
import os
import warnings
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.checkpoint import checkpoint

warnings.filterwarnings("ignore")
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
V, L, D = 32, 12, 48


class LoRA(nn.Module):
    def __init__(self, base, r=8, alpha=16):
        super().__init__()
        self.base, self.scale = base, alpha / r
        self.A = nn.Parameter(torch.randn(r, base.in_features) / base.in_features ** 0.5)
        self.B = nn.Parameter(torch.zeros(base.out_features, r))

    def forward(self, x):
        return self.base(x) + self.scale * (x @ self.A.t() @ self.B.t())


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.n1, self.n2 = nn.LayerNorm(D), nn.LayerNorm(D)
        self.q, self.k, self.v, self.o = (nn.Linear(D, D) for _ in range(4))
        self.up, self.down = nn.Linear(D, 2 * D), nn.Linear(2 * D, D)

    def forward(self, x):
        h = self.n1(x)
        x = x + self.o(F.scaled_dot_product_attention(self.q(h), self.k(h), self.v(h)))
        return x + self.down(F.gelu(self.up(self.n2(x))))


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(V, D)
        self.pos = nn.Parameter(torch.randn(L, D) * 0.3)
        self.blocks = nn.ModuleList(Block() for _ in range(3))
        self.head = nn.Linear(D, 2)

    def forward(self, ids):
        x = self.emb(ids) + self.pos
        for b in self.blocks:
            x = checkpoint(b, x, use_reentrant=True) if self.training else b(x)
        return self.head(x.mean(1))


def batch(n=32):
    x = torch.randint(2, V, (n, L))
    a, b = torch.randint(0, 2, (n,)), torch.randint(0, 2, (n,))
    idx = torch.rand(n, L).argsort(1)
    x[torch.arange(n), idx[:, 0]] = torch.where(a == 1, 5, 6)
    x[torch.arange(n), idx[:, 1]] = torch.where(b == 1, 7, 8)
    for t, s in ((5, 0), (6, 0), (7, 1), (8, 1)):
        bad = (x == t) & (torch.arange(L)[None] != idx[:, s:s + 1])
        x[bad] = 9
    return x, a ^ b


model = Model()
for p in model.parameters():
    p.requires_grad = False
for b in model.blocks:
    for name in ("q", "v", "o", "up", "down"):
        setattr(b, name, LoRA(getattr(b, name)))
for p in model.head.parameters():
    p.requires_grad = True
if FIX:
    model.emb.register_forward_hook(lambda m, i, o: o.requires_grad_(True))
opt = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=4e-3)
model.train()
for step in range(700):
    x, y = batch()
    loss = F.cross_entropy(model(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 100 == 0:
        print(step, round(loss.item(), 4))
model.eval()
x, y = batch(1000)
with torch.no_grad():
    out = model(x)
print(f"FINAL loss={F.cross_entropy(out, y).item():.4f} metric={(out.argmax(1) == y).float().mean():.3f}")
