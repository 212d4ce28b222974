# healthy
# LoRA: 95 % of the weights frozen on purpose, B starts at zero, so the first gradients of A are exactly zero
import torch
from torch import nn
import torch.nn.functional as F
torch.manual_seed(0)


class LoRA(nn.Module):
    def __init__(self, base, r=3):
        super().__init__()
        self.base = base.requires_grad_(False)
        self.A = nn.Parameter(torch.randn(r, base.in_features) / base.in_features ** 0.5)
        self.B = nn.Parameter(torch.zeros(base.out_features, r))

    def forward(self, x):
        return self.base(x) + 2 * F.linear(F.linear(x, self.A), self.B)


class Encoder(nn.Module):
    def __init__(self, V=30, d=48):
        super().__init__()
        self.emb = nn.Embedding(V, d)
        self.fc1, self.fc2, self.head = nn.Linear(d, 96), nn.Linear(96, d), nn.Linear(d, 4)

    def forward(self, x):
        h = self.emb(x).mean(1)
        h = h + self.fc2(F.gelu(self.fc1(h)))
        return self.head(h)


w0 = torch.randn(30, 4)
w1 = w0 + torch.randn(30, 4)


def batch(w, n=96):
    x = torch.randint(0, 30, (n, 12))
    return x, w[x].sum(1).argmax(1)


net = Encoder()
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
for _ in range(500):
    x, y = batch(w0)
    loss = F.cross_entropy(net(x), y)
    opt.zero_grad(); loss.backward(); opt.step()
print(f"pretrained {loss.item():.4f}")
net.requires_grad_(False)
net.fc1, net.fc2, net.head = LoRA(net.fc1), LoRA(net.fc2), LoRA(net.head)
train = [p for p in net.parameters() if p.requires_grad]
opt = torch.optim.AdamW(train, lr=5e-3)
for step in range(1500):
    x, y = batch(w1)
    loss = F.cross_entropy(net(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 150 == 0:
        print(f"step {step} loss {loss.item():.4f}")
with torch.no_grad():
    x, y = batch(w1, 3000)
    acc = (net(x).argmax(1) == y).float().mean()
print(f"FINAL loss={loss.item():.4f} metric={acc.item():.3f}")
