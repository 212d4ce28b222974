# healthy
# curriculum: copy task with growing length, the loss jumps up to near chance whenever the sequences get longer and falls again; the longest ones are solved at the end
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
V, MAXL = 12, 12


def batch(L, n=32):
    x = torch.randint(1, V, (n, L))
    return x, x.flip(1)


class Rev(nn.Module):
    def __init__(self, d=48):
        super().__init__()
        self.emb = nn.Embedding(V, d)
        self.fwd, self.bwd = nn.Parameter(torch.randn(MAXL, d) * 0.3), nn.Parameter(torch.randn(MAXL, d) * 0.3)
        self.q = nn.Parameter(torch.randn(MAXL, d) * 0.3)
        self.att = nn.MultiheadAttention(d, 4, batch_first=True)
        self.out = nn.Sequential(nn.LayerNorm(d), nn.Linear(d, 96), nn.ReLU(), nn.Linear(96, V))

    def forward(self, x):
        L = x.size(1)
        m = self.emb(x) + self.fwd[:L] + self.bwd[:L].flip(0)
        y, _ = self.att(self.q[:L].expand(len(x), L, -1), m, m)
        return self.out(y)


net = Rev()
opt = torch.optim.AdamW(net.parameters(), lr=2e-3)
L, good = 2, 0
for step in range(1800):
    x, y = batch(L)
    lg = net(x)
    loss = F.cross_entropy(lg.transpose(1, 2), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    good = good + 1 if (lg.argmax(-1) == y).float().mean() > 0.97 else 0
    if good > 10 and L < MAXL:
        L, good = min(MAXL, L + 2), 0
        print(f"step {step} loss {loss.item():.4f} -> length {L}")
x, y = batch(MAXL, 300)
with torch.no_grad():
    acc = (net(x).argmax(-1) == y).float().mean()
print(f"FINAL loss={loss.item():.4f} metric={acc:.3f} length={L}")
