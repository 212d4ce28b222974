# vanishing_gradient plateau
# 24 plain graph convolutions on top of each other: oversmoothing, all nodes get the same representation and no gradient
# mended by: residual links with initial features (GCNII style) and layer norm
# cause words: oversmoothing deep depth layers residual smoothing
import os
import torch
from torch import nn
import torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
N, C, D = 300, 4, 16
y = torch.randint(0, C, (N,))
p = torch.where(y[:, None] == y[None], 0.06, 0.008)
adj = torch.bernoulli(p.triu(1))
adj = adj + adj.t() + torch.eye(N)
deg = adj.sum(1)
A = adj / (deg[:, None] * deg[None]).sqrt()
x = F.one_hot(y, D).float() * 1.0 + 1.2 * torch.randn(N, D)
train = torch.rand(N) < 0.5


class GCNLayer(nn.Module):
    def __init__(self, h):
        super().__init__()
        self.lin = nn.Linear(h, h)
        self.norm = nn.LayerNorm(h) if FIX else None

    def forward(self, h, h0):
        if FIX:
            return h + F.relu(self.lin(A @ self.norm(h))) * 0.3 + 0.1 * h0
        return F.relu(self.lin(A @ h))


class DeepGCN(nn.Module):
    def __init__(self, depth=24, hid=32):
        super().__init__()
        self.inp = nn.Linear(D, hid)
        self.layers = nn.ModuleList(GCNLayer(hid) for _ in range(depth))
        self.out = nn.Linear(hid, C)

    def forward(self, x):
        h = h0 = F.relu(self.inp(x))
        for layer in self.layers:
            h = layer(h, h0)
        return self.out(h)


model = DeepGCN()
opt = torch.optim.Adam(model.parameters(), lr=2e-3, weight_decay=5e-4)
for epoch in range(250):
    model.train()
    loss = F.cross_entropy(model(x)[train], y[train])
    opt.zero_grad()
    loss.backward()
    opt.step()
    if epoch % 50 == 0:
        print(f"epoch {epoch} loss {loss.item():.4f}")
model.eval()
with torch.no_grad():
    acc = (model(x).argmax(1) == y)[~train].float().mean()
print(f"FINAL loss={loss.item():.4f} metric={acc.item():.3f}")
