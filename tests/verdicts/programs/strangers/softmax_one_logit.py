# output_cannot_change miswired
# click model with one output unit followed by softmax(dim=1): the probability is 1.0 for every row whatever the weights are
# mended by: sigmoid
# cause words: softmax, sigmoid, one output, single, dim
import os
import torch, torch.nn as nn, torch.nn.functional as F
from torch.utils.data import TensorDataset, DataLoader
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(12)
U, I = 100, 80
pu, pi = torch.randn(U, 4), torch.randn(I, 4)
def clicks(n):
    u, i = torch.randint(0, U, (n,)), torch.randint(0, I, (n,))
    return u, i, ((pu[u] * pi[i]).sum(1) > 0).float()

class ClickModel(nn.Module):
    def __init__(self, d=16):
        super().__init__()
        self.user, self.item = nn.Embedding(U, d), nn.Embedding(I, d)
        self.mlp = nn.Sequential(nn.Linear(3 * d, 32), nn.ReLU(), nn.Linear(32, 1))
    def forward(self, u, i):
        a, b = self.user(u), self.item(i)
        z = self.mlp(torch.cat([a, b, a * b], 1))
        p = torch.sigmoid(z) if FIX else F.softmax(z, dim=1)
        return p.squeeze(1).clamp(1e-6, 1 - 1e-6)

model = ClickModel()
opt = torch.optim.Adam(model.parameters(), lr=5e-3)
loader = DataLoader(TensorDataset(*clicks(8000)), batch_size=128, shuffle=True)
for ep in range(10):
    for u, i, y in loader:
        opt.zero_grad()
        loss = F.binary_cross_entropy(model(u, i), y)
        loss.backward(); opt.step()
    print(f"epoch {ep} loss {loss.item():.4f}")
with torch.no_grad():
    u, i, y = clicks(3000)
    acc = ((model(u, i) > 0.5).float() == y).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f}")
