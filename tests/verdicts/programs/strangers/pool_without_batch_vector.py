# miswired not_learning plateau
# global pooling is called without the batch vector, so all nodes of the mini-batch are pooled into one graph and the one output is expanded over all the labels
# mended by: pooling per graph with the batch vector
# cause words: pool batch vector graph expand readout same
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)


def make_graph():
    n = int(torch.randint(8, 16, (1,)))
    kind = torch.randint(0, 4, (n,))
    src = torch.arange(n)
    dst = (src + 1) % n
    e = torch.cat([torch.stack([src, dst]), torch.stack([dst, src])], 1)
    same = (kind[src] == kind[dst]).float().mean()
    return F.one_hot(kind, 4).float(), e, float(same) * 4


def collate(gs):
    xs, es, b, ys, off = [], [], [], [], 0
    for i, (x, e, y) in enumerate(gs):
        xs.append(x), es.append(e + off), b.append(torch.full((len(x),), i)), ys.append(y)
        off += len(x)
    return torch.cat(xs), torch.cat(es, 1), torch.cat(b), torch.tensor(ys)


def global_mean_pool(x, batch=None):
    if batch is None:
        return x.mean(0, keepdim=True)
    n = int(batch.max()) + 1
    out = torch.zeros(n, x.size(1)).index_add_(0, batch, x)
    return out / torch.bincount(batch, minlength=n)[:, None]


class GNN(nn.Module):
    def __init__(self, d=32):
        super().__init__()
        self.a, self.b = nn.Linear(4, d), nn.Linear(4, d)
        self.c, self.d = nn.Linear(d, d), nn.Linear(d, d)
        self.head = nn.Sequential(nn.Linear(d, d), nn.ReLU(), nn.Linear(d, 1))

    def conv(self, me, nb, x, e):
        agg = torch.zeros_like(x).index_add_(0, e[1], x[e[0]])
        return F.relu(me(x) + nb(agg))

    def forward(self, x, e, batch):
        h = self.conv(self.c, self.d, self.conv(self.a, self.b, x, e), e)
        return self.head(global_mean_pool(h, batch) if FIX else global_mean_pool(h))


graphs, test = [make_graph() for _ in range(480)], [make_graph() for _ in range(120)]
net = GNN()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(40):
    perm, tot = torch.randperm(480).tolist(), 0
    for i in range(0, 480, 24):
        x, e, b, y = collate([graphs[j] for j in perm[i:i + 24]])
        out = net(x, e, b).expand(len(y), 1).squeeze(1)
        loss = F.mse_loss(out, y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        tot += loss.item() / 20
    if epoch % 8 == 0:
        print(epoch, round(tot, 4))
x, e, b, y = collate(test)
out = net(x, e, b).expand(len(y), 1).squeeze(1)
r2 = 1 - F.mse_loss(out, y) / y.var()
print(f"FINAL loss={tot:.4f} metric={r2.item():.3f}")
