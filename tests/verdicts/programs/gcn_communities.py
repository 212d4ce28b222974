# healthy
"""Graph convolutions by hand; few labels, the whole graph each step."""

import torch
from torch import nn


class GraphConvolution(nn.Module):
    def __init__(self, fin, fout):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(fin, fout))
        self.bias = nn.Parameter(torch.zeros(fout))
        nn.init.xavier_uniform_(self.weight)

    def forward(self, x, adj):
        return torch.sparse.mm(adj, x @ self.weight) + self.bias


class GCN(nn.Module):
    def __init__(self, fin, hidden, classes):
        super().__init__()
        self.gc1, self.gc2 = GraphConvolution(fin, hidden), GraphConvolution(hidden, classes)
        self.dropout = nn.Dropout(0.5)

    def forward(self, x, adj):
        x = self.dropout(torch.relu(self.gc1(x, adj)))
        return torch.log_softmax(self.gc2(x, adj), dim=1)


torch.manual_seed(42)
n, k = 200, 4
labels = torch.arange(n) % k
same = labels[:, None] == labels[None]
adj = (torch.rand(n, n) < torch.where(same, 0.12, 0.01)).float()
adj = ((adj + adj.T) > 0).float() + torch.eye(n)
d = adj.sum(1).rsqrt()
adj = (d[:, None] * adj * d[None]).to_sparse()
features = torch.randn(n, 32) + torch.randn(k, 32)[labels] * 0.5
train = torch.randperm(n)[:60]
model = GCN(32, 16, k)
optimizer = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=5e-4)
for epoch in range(200):
    model.train()
    optimizer.zero_grad()
    loss = nn.functional.nll_loss(model(features, adj)[train], labels[train])
    loss.backward()
    optimizer.step()
    if epoch % 40 == 0:
        print(epoch, loss.item())
