# miswired
# attention weights are normalised over the receiving nodes instead of over each node's neighbours
# mended by: softmax over the neighbour dimension
# cause words: softmax dimension dim attention neighbours normalis
import os, torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(10)
N = 60
class GAT(nn.Module):
    def __init__(self, i, d):
        super().__init__()
        self.q, self.k, self.v = nn.Linear(i, d), nn.Linear(i, d), nn.Linear(i, d)
    def forward(self, x, adj):
        s = self.q(x) @ self.k(x).transpose(-1, -2) / self.q.out_features ** 0.5
        s = s.masked_fill(adj == 0, -1e9)
        a = s.softmax(-1) if FIX else s.softmax(-2)
        return a @ self.v(x)

class Net(nn.Module):
    def __init__(self, d=32):
        super().__init__()
        self.a, self.out = GAT(3, d), nn.Sequential(nn.Linear(d, d), nn.ReLU(), nn.Linear(d, 1))
    def forward(self, x, adj):
        return self.out(self.a(x, adj))[..., 0]

def graphs(b):
    deg = torch.rand(b, N, 1) ** 2 * 0.4
    adj = ((torch.rand(b, N, N) < deg).float() + torch.eye(N)).clamp(max=1)
    x = torch.randn(b, N, 3)
    w = adj * torch.exp(2.5 * x[:, None, :, 0])
    y = (w * x[:, None, :, 1]).sum(-1) / w.sum(-1)
    return x, adj, y

model = Net()
opt = torch.optim.Adam(model.parameters(), 3e-3)
for step in range(500):
    x, adj, y = graphs(8)
    loss = F.mse_loss(model(x, adj), y)
    opt.zero_grad(); loss.backward(); opt.step()
    if step % 100 == 0:
        print(step, loss.item())
x, adj, y = graphs(100)
with torch.no_grad():
    r2 = 1 - (F.mse_loss(model(x, adj), y) / y.var()).item()
print(f"FINAL loss={loss.item():.4f} metric={r2:.4f}")
