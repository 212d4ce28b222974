# exploding_gradient nonfinite badly_scaled
# messages are summed over some 20 neighbours without normalising by degree in four layers: activations and gradients grow by a factor of about ten per layer
# mended by: divide by the degree
# cause words: degree normalise adjacency sum neighbours grow scale mean
import os, torch, torch.nn as nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(7)
N, C = 300, 4
lab = torch.randint(C, (N,))
prob = torch.where(lab[:, None] == lab[None], 0.2, 0.02)
adj = (torch.rand(N, N) < prob).float()
adj = ((adj + adj.T) > 0).float()
adj.fill_diagonal_(1.0)
feat = torch.randn(N, 16) + 0.8 * torch.eye(16)[lab]
train = torch.rand(N) < 0.4
if FIX:
    adj = adj / adj.sum(1, keepdim=True)

class GraphConv(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.lin = nn.Linear(i, o)
    def forward(self, h):
        return adj @ self.lin(h)

class GNN(nn.Module):
    def __init__(self, d=48, depth=3):
        super().__init__()
        dims = [16] + [d] * depth
        self.layers = nn.ModuleList(GraphConv(a, b) for a, b in zip(dims, dims[1:]))
        self.out = GraphConv(d, C)
    def forward(self, x):
        for l in self.layers:
            x = torch.relu(l(x))
        return self.out(x)

gnn = GNN()
optimizer = torch.optim.SGD(gnn.parameters(), lr=0.05, momentum=0.9)
for epoch in range(400):
    gnn.train()
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(gnn(feat)[train], lab[train])
    loss.backward()
    optimizer.step()
    if epoch % 40 == 0:
        print(f"epoch {epoch:03d} loss {loss.item():.4f}")
with torch.no_grad():
    acc = (gnn(feat)[~train].argmax(1) == lab[~train]).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f}")
