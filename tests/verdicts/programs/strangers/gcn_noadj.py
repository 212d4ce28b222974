# exploding_gradient nonfinite
# deep GCN multiplies by the raw adjacency A+I instead of D^-1/2 (A+I) D^-1/2: activations and gradients grow by the degree at each layer
# mended by: the symmetric normalisation of the adjacency
# cause words: adjacency, normalis, normaliz, degree, sum aggregation
# thread: "GCN on dense graph, loss is 1e9 in the first epoch", answer: you forgot to normalise the adjacency
import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
rng = np.random.RandomState(0)
N, C = 300, 4
lab = rng.randint(0, C, N)
P = np.where(lab[:, None] == lab[None], 0.30, 0.05)
A = (rng.rand(N, N) < P).astype("float32")
A = np.triu(A, 1)
A = A + A.T
X = torch.tensor(np.eye(C)[lab] * 0.6 + rng.randn(N, C), dtype=torch.float32)
X = torch.cat([X, torch.randn(N, 12)], 1)
y = torch.tensor(lab)
train = torch.zeros(N, dtype=torch.bool)
train[torch.randperm(N)[:120]] = True

A_hat = torch.tensor(A) + torch.eye(N)
if FIX:
    d = A_hat.sum(1).rsqrt()
    A_hat = d[:, None] * A_hat * d[None]


class GCNLayer(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.lin = nn.Linear(i, o)

    def forward(self, x, adj):
        return adj @ self.lin(x)


class GCN(nn.Module):
    def __init__(self, dims):
        super().__init__()
        self.layers = nn.ModuleList([GCNLayer(a, b) for a, b in zip(dims[:-1], dims[1:])])
        for l in self.layers:
            nn.init.kaiming_normal_(l.lin.weight, nonlinearity="relu")

    def forward(self, x, adj):
        for l in self.layers[:-1]:
            x = F.leaky_relu(l(x, adj), 0.2)
        return self.layers[-1](x, adj)


net = GCN([16, 32, 32, 32, C])
opt = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
for epoch in range(400):
    net.train()
    opt.zero_grad()
    out = net(X, A_hat)
    loss = F.cross_entropy(out[train], y[train])
    loss.backward()
    opt.step()
    if epoch % 40 == 0:
        print(f"epoch {epoch:3d} loss {loss.item():.4g}")
with torch.no_grad():
    acc = (net(X, A_hat).argmax(1) == y)[~train].float().mean().item()
print(f"FINAL loss={loss.item():.4g} metric={acc:.4f}")
