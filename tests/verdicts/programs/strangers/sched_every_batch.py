# miswired plateau not_learning
# ExponentialLR(gamma=0.9), meant for each epoch, is stepped after every batch: the learning rate is zero after a hundred batches
# mended by: scheduler.step() once an epoch
# cause words: scheduler learning rate lr decay epoch
import os
import torch
import torch.nn as nn
from torch.utils.data import TensorDataset, DataLoader
from torch.optim.lr_scheduler import ExponentialLR
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(21); torch.set_num_threads(1)


class Gcn(nn.Module):
    """sums over a fixed graph, per node regression"""
    def __init__(self, adj, f=6, h=48):
        super().__init__()
        self.register_buffer("adj", adj / adj.sum(1, keepdim=True))
        self.l1, self.l2, self.l3 = nn.Linear(2 * f, h), nn.Linear(2 * h, h), nn.Linear(h, 1)

    def hop(self, x):
        return torch.cat([x, self.adj @ x], -1)

    def forward(self, x):
        x = torch.relu(self.l1(self.hop(x)))
        x = torch.relu(self.l2(self.hop(x)))
        return self.l3(x).squeeze(-1)


nodes = 20
adj = (torch.rand(nodes, nodes) < 0.2).float()
adj = ((adj + adj.t() + torch.eye(nodes)) > 0).float()
X = torch.randn(2000, nodes, 6)
mean = adj / adj.sum(1, keepdim=True)
Y = (X[..., 0] + 2 * torch.sin(2 * (mean @ X)[..., 1]) + X[..., 2] * X[..., 3])
train = DataLoader(TensorDataset(X[:1700], Y[:1700]), batch_size=20, shuffle=True)

model = Gcn(adj)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
scheduler = ExponentialLR(optimizer, gamma=0.9)
for epoch in range(15):
    model.train()
    total = 0.0
    for xb, yb in train:
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(xb), yb)
        loss.backward()
        optimizer.step()
        if not FIX:
            scheduler.step()
        total += loss.item()
    if FIX:
        scheduler.step()
    model.eval()
    with torch.no_grad():
        val = nn.functional.mse_loss(model(X[1700:]), Y[1700:]).item() / Y.var().item()
    print(f"epoch {epoch} train {total / len(train):.4f} val nmse {val:.4f} lr {scheduler.get_last_lr()[0]:.2e}")
print(f"FINAL loss={total / len(train):.4f} metric={val:.4f}")
