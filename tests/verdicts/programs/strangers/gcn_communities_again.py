# vanishing_gradient saturated plateau not_learning
# Nine graph layers with sigmoids and no skips: averaging over neighbours and squashing shrink the gradient towards the input and all nodes look alike.
# mended by: Fewer layers, ReLU and skip connections.
import os
import torch
import torch.nn as nn

torch.manual_seed(11)
fix = os.getenv("FIX") is not None
n, k = 300, 5
y = torch.arange(n) % k
prob = torch.where(y[:, None] == y[None, :], 0.12, 0.01)
A = (torch.rand(n, n) < prob).float().triu(1)
A = A + A.t() + torch.eye(n)
dinv = A.sum(1).pow(-0.5)
A_hat = dinv[:, None] * A * dinv[None, :]
X = torch.randn(n, 32) + 1.0 * torch.randn(k, 32)[y]
perm = torch.randperm(n)
train_idx, test_idx = perm[:150], perm[150:]


class GraphConv(nn.Module):
    def __init__(self, d_in, d_out):
        super().__init__()
        self.lin = nn.Linear(d_in, d_out)

    def forward(self, x, adj):
        return adj @ self.lin(x)


class GCN(nn.Module):
    def __init__(self, depth, width=32):
        super().__init__()
        self.convs = nn.ModuleList([GraphConv(32, width)] + [GraphConv(width, width) for _ in range(depth - 2)])
        self.head = GraphConv(width, k)

    def forward(self, x, adj):
        for conv in self.convs:
            if fix:
                h = torch.relu(conv(x, adj))
                x = h + x
            else:
                x = torch.sigmoid(conv(x, adj))
        return self.head(x, adj)


model = GCN(depth=3 if fix else 9)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
lossfn = nn.CrossEntropyLoss()
for epoch in range(300):
    model.train()
    optimizer.zero_grad()
    out = model(X, A_hat)
    loss = lossfn(out[train_idx], y[train_idx])
    loss.backward()
    optimizer.step()
    if epoch % 30 == 0:
        acc = (out.argmax(1) == y)[test_idx].float().mean()
        print("Epoch: {:03d}, Loss: {:.4f}, Test: {:.4f}".format(epoch, loss, acc))
