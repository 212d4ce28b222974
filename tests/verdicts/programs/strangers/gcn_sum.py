# exploding_gradient badly_scaled
# graph net multiplies with the raw adjacency matrix (sum over neighbours, hubs with a hundred of them) in eight layers, so activations and gradients grow by the degree at each layer
# mended by: symmetric normalisation D^-1/2 (A+I) D^-1/2
# cause words: adjacency, normalis, degree, sum, aggregation, neighbour
import os
import torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(2)
N, C, D = 400, 4, 16

def make_graph():
    y = torch.randint(0, C, (N,))
    p = torch.where(y[:, None] == y[None], 0.12, 0.03)
    a = (torch.rand(N, N) < p).float().triu(1)
    hubs = torch.randperm(N)[:6]
    for h in hubs: a[h, torch.where(y == y[h])[0]] = 1.0
    a = ((a + a.T) > 0).float()
    a.fill_diagonal_(1.0)
    x = torch.randn(N, D) + 0.5 * torch.randn(C, D)[y]
    return x, a, y

class GCNLayer(nn.Module):
    def __init__(self, i, o):
        super().__init__(); self.lin = nn.Linear(i, o)
    def forward(self, h, a): return a @ self.lin(h)

class GCN(nn.Module):
    def __init__(self, depth=8, hid=32):
        super().__init__()
        dims = [D] + [hid] * (depth - 1) + [C]
        self.layers = nn.ModuleList(GCNLayer(i, o) for i, o in zip(dims, dims[1:]))
    def forward(self, h, a):
        for k, l in enumerate(self.layers):
            n = l(h, a)
            if k + 1 < len(self.layers): n = F.relu(n)
            h = h + n if n.shape == h.shape else n
        return h

x, a, y = make_graph()
if FIX:
    d = a.sum(1).rsqrt()
    a = d[:, None] * a * d[None]
tr = torch.rand(N) < 0.3
model = GCN()
opt = torch.optim.Adam(model.parameters(), lr=3e-3, weight_decay=5e-4)
for ep in range(160):
    model.train(); opt.zero_grad()
    loss = F.cross_entropy(model(x, a)[tr], y[tr])
    loss.backward(); opt.step()
    if ep % 40 == 0: print(ep, f"loss {loss.item():.4f}")
with torch.no_grad(): acc = (model(x, a).argmax(1) == y)[~tr].float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f}")
