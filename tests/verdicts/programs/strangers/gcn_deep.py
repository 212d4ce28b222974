# vanishing_gradient
# a 16-layer plain GCN: averaging over neighbours and ReLU at every layer, no skip connections, so nothing reaches the first layers
# mended by: residual connections around every graph layer
# cause words: depth deep layers skip residual oversmoothing
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
N, C, FEAT, DEPTH = 400, 4, 16, 16
lab = torch.arange(N) % C
same = lab[:, None] == lab[None]
adj = (torch.rand(N, N) < torch.where(same, 0.06, 0.015)).float().triu(1)
adj = adj + adj.T + torch.eye(N)
dinv = adj.sum(1).rsqrt()
adj = dinv[:, None] * adj * dinv[None]
feat = torch.randn(N, FEAT) + 1.0 * F.one_hot(lab, FEAT).float()
perm = torch.randperm(N)
train, test = perm[:200], perm[200:]


class GCNLayer(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.lin = nn.Linear(d, d)
        nn.init.xavier_uniform_(self.lin.weight)
        nn.init.zeros_(self.lin.bias)

    def forward(self, h):
        out = F.relu(adj @ self.lin(h))
        return h + out if FIX else out


class GCN(nn.Module):
    def __init__(self, d=32):
        super().__init__()
        self.inp = nn.Linear(FEAT, d)
        self.layers = nn.ModuleList(GCNLayer(d) for _ in range(DEPTH))
        self.out = nn.Sequential(nn.LayerNorm(d), nn.Linear(d, C)) if FIX else nn.Linear(d, C)

    def forward(self, x):
        h = self.inp(x)
        for l in self.layers:
            h = l(h)
        return self.out(h)


net = GCN()
opt = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9, weight_decay=5e-4)
for epoch in range(300):
    loss = F.cross_entropy(net(feat)[train], lab[train])
    opt.zero_grad()
    loss.backward()
    opt.step()
    if epoch % 30 == 0:
        print(f"epoch {epoch} loss {loss.item():.4f}")
with torch.no_grad():
    acc = (net(feat)[test].argmax(-1) == lab[test]).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.3f} (test accuracy)")
