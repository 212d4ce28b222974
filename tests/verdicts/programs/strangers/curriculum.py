# healthy
# curriculum: longer sequences come in three times, the loss jumps up each time; at the end all lengths are solved
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(8)
V = 6


def batch(n, L):
    """reverse lookup: at the end a query token is given, say what followed it in the sequence"""
    x = torch.stack([torch.randperm(V)[:L] for _ in range(n)])
    val = torch.randint(0, 4, (n, L))
    q = torch.randint(0, L, (n,))
    r = torch.arange(n)
    return x, val, x[r, q], val[r, q]


class Reader(nn.Module):
    def __init__(self, d=48):
        super().__init__()
        self.k = nn.Embedding(V, d)
        self.v = nn.Embedding(4, d)
        self.rnn = nn.GRU(2 * d, 64, batch_first=True)
        self.out = nn.Sequential(nn.Linear(64 + d, 96), nn.ReLU(), nn.Linear(96, 4))

    def forward(self, x, val, q):
        h, _ = self.rnn(torch.cat([self.k(x), self.v(val)], -1))
        return self.out(torch.cat([h[:, -1], self.k(q)], -1))


net = Reader()
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
step = 0
for L, n_steps in ((1, 150), (2, 350), (3, 600), (4, 700)):
    for k in range(n_steps):
        x, val, q, y = batch(48, L)
        loss = F.cross_entropy(net(x, val, q), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        if k % 100 == 0:
            print(f"length {L} step {step} loss {loss.item():.4f}")
        step += 1
x, val, q, y = batch(1500, 4)
with torch.no_grad():
    acc = (net(x, val, q).argmax(1) == y).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f}")
