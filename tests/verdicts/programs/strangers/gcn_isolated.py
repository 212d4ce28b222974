# nonfinite
# D^-1/2 of the adjacency is infinite for isolated nodes (degree 0), inf * 0 = NaN spreads from them
# mended by: self loops added before normalising
# cause words: degree, isolated, adjacency, division by zero, self-loop, normalis
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(8)
N, K = 300, 4
labels = torch.randint(0, K, (N,))
same = labels[:, None] == labels[None]
prob = torch.where(same, 0.04, 0.002)
adj = torch.bernoulli(prob).triu(1)
adj = adj + adj.t()
feats = F.one_hot(labels, K).float() @ torch.randn(K, 16) * 0.5 + torch.randn(N, 16)


def normalize_adj(a):
    if FIX:
        a = a + torch.eye(N)
    d_inv_sqrt = torch.diag(a.sum(1).pow(-0.5))
    return d_inv_sqrt @ a @ d_inv_sqrt


class GCNLayer(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.lin = nn.Linear(i, o)

    def forward(self, a, x):
        return a @ self.lin(x)


class GCN(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.gc1, self.gc2 = GCNLayer(i, h), GCNLayer(h, o)

    def forward(self, a, x):
        x = F.relu(self.gc1(a, x))
        x = F.dropout(x, 0.3, self.training)
        return F.log_softmax(self.gc2(a, x), dim=1)


a_hat = normalize_adj(adj)
train_idx = torch.randperm(N)[:100]
test = torch.ones(N, dtype=torch.bool)
test[train_idx] = False
model = GCN(16, 32, K)
optimizer = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=5e-4)
for epoch in range(300):
    model.train()
    optimizer.zero_grad()
    output = model(a_hat, feats)
    loss = F.nll_loss(output[train_idx], labels[train_idx])
    loss.backward()
    optimizer.step()
    if epoch % 50 == 0:
        print(f"Epoch: {epoch:04d} loss_train: {loss.item():.4f}")
model.eval()
acc = (model(a_hat, feats).argmax(1) == labels)[test].float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f}")
