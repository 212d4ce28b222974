# oscillating_loss not_learning
# small decoder-only transformer (no layer norm) trained with AdamW at lr 0.03 (an SGD value) without warm-up: the loss jumps about without progress
# mended by: lr 3e-3 with warm-up
# cause words: learning rate lr large high step
import os
import torch
import torch.nn as nn
import torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
V, L, D = 16, 14, 32


def seqs(n):
    a, b = torch.randint(0, V, (n,)), torch.randint(1, V, (n,))
    return (a[:, None] + b[:, None] * torch.arange(L)) % V


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.att = nn.MultiheadAttention(D, 4, batch_first=True)
        self.ff = nn.Sequential(nn.Linear(D, 4 * D), nn.GELU(), nn.Linear(4 * D, D))

    def forward(self, x, m):
        x = x + self.att(x, x, x, attn_mask=m, need_weights=False)[0]
        return x + self.ff(x)


class GPT(nn.Module):
    def __init__(self):
        super().__init__()
        self.tok, self.pos = nn.Embedding(V, D), nn.Embedding(L, D)
        self.blocks = nn.ModuleList([Block(), Block()])
        self.out = nn.Linear(D, V)

    def forward(self, t):
        n = t.size(1)
        m = torch.triu(torch.ones(n, n, dtype=torch.bool), 1)
        x = self.tok(t) + self.pos(torch.arange(n))
        for b in self.blocks:
            x = b(x, m)
        return self.out(x)


net = GPT()
opt = torch.optim.AdamW(net.parameters(), lr=3e-3 if FIX else 0.03)
sched = torch.optim.lr_scheduler.LambdaLR(opt, (lambda s: min(1, (s + 1) / 50)) if FIX else (lambda s: 1.0))
for step in range(500):
    t = seqs(32)
    loss = F.cross_entropy(net(t[:, :-1]).flatten(0, 1), t[:, 1:].flatten())
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if step % 50 == 0:
        print(step, loss.item())
t = seqs(300)
acc = (net(t[:, :-1]).argmax(-1) == t[:, 1:])[:, 3:].float().mean()
print(f"FINAL loss={loss.item():.4f} metric={acc.item():.3f}")
