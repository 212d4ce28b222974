# healthy
# looks suspicious: most weights frozen, B starts at zero so A has exactly zero gradient in the first step; ordinary LoRA
import math, torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(42); torch.set_num_threads(1)

class Lora(nn.Module):
    def __init__(self, lin, r=4, alpha=8):
        super().__init__()
        self.lin = lin.requires_grad_(False)
        self.A = nn.Parameter(torch.empty(r, lin.in_features)); nn.init.kaiming_uniform_(self.A, a=math.sqrt(5))
        self.B = nn.Parameter(torch.zeros(lin.out_features, r)); self.s = alpha / r
    def forward(self, x):
        return self.lin(x) + self.s * F.linear(F.linear(x, self.A), self.B)

class Seq(nn.Module):
    def __init__(self, v=30, d=32, k=4):
        super().__init__()
        self.emb = nn.Embedding(v, d)
        self.q, self.k, self.v = (nn.Linear(d, d) for _ in range(3))
        self.ff = nn.Sequential(nn.LayerNorm(d), nn.Linear(d, 64), nn.GELU(), nn.Linear(64, d))
        self.head = nn.Linear(d, k)
    def forward(self, ids):
        h = self.emb(ids)
        h = h + F.scaled_dot_product_attention(self.q(h), self.k(h), self.v(h))
        return self.head((h + self.ff(h)).mean(1))

def data(n, shift=0):
    y = torch.randint(0, 4, (n,))
    ids = torch.randint(0, 30, (n, 10))
    marker = (y + shift) % 4
    ids[:, 3] = marker; ids[:, 7] = marker + 4
    ids = torch.where((ids < 8) & ~((torch.arange(10) == 3) | (torch.arange(10) == 7)), ids + 8, ids)
    return ids, y

net = Seq()
opt = torch.optim.Adam(net.parameters(), 3e-3)
for s in range(250):
    ids, y = data(64)
    loss = F.cross_entropy(net(ids), y); opt.zero_grad(); loss.backward(); opt.step()
print(f"pretrained {loss.item():.4f}")
for p in net.parameters():
    p.requires_grad_(False)
net.q, net.v = Lora(net.q), Lora(net.v)
net.ff[1], net.ff[3] = Lora(net.ff[1]), Lora(net.ff[3])
opt = torch.optim.AdamW([p for p in net.parameters() if p.requires_grad], lr=3e-3, weight_decay=0)
for s in range(600):
    ids, y = data(64, 1)
    loss = F.cross_entropy(net(ids), y); opt.zero_grad(); loss.backward(); opt.step()
    if s % 60 == 0:
        print(f"lora {s} ce {loss.item():.4f}")
ids, y = data(1000, 1)
print(f"FINAL loss={loss.item():.4f} metric={(net(ids).argmax(1) == y).float().mean():.4f}")
