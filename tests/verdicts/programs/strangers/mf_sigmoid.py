# saturated vanishing_gradient
# recommender: rating = sigmoid(dot product) with MSE, and nn.Embedding's default N(0,1) init at dim 128: dot products of +-11 put the sigmoid on its flat ends
# mended by: initialising the embeddings with std 0.1
# cause words: init initialisation embedding sigmoid std saturated dot
import os
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
U, I, R, N = 300, 200, 4, 40000
tu, ti = torch.randn(U, R), torch.randn(I, R)
u, i = torch.randint(0, U, (N,)), torch.randint(0, I, (N,))
y = torch.sigmoid((tu[u] * ti[i]).sum(1) + 0.2 * torch.randn(N))


class MF(nn.Module):
    def __init__(self, dim=128):
        super().__init__()
        self.u, self.i = nn.Embedding(U, dim), nn.Embedding(I, dim)
        self.bu, self.bi = nn.Embedding(U, 1), nn.Embedding(I, 1)
        if FIX:
            for e in (self.u, self.i, self.bu, self.bi):
                nn.init.normal_(e.weight, std=0.1)

    def forward(self, u, i):
        return torch.sigmoid((self.u(u) * self.i(i)).sum(1) + self.bu(u)[:, 0] + self.bi(i)[:, 0])


net = MF()
opt = torch.optim.SGD(net.parameters(), lr=40.0, momentum=0.9)
tr = TensorDataset(u[:36000], i[:36000], y[:36000])
for epoch in range(8):
    for ub, ib, yb in DataLoader(tr, batch_size=256, shuffle=True):
        loss = F.mse_loss(net(ub, ib), yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
    print(f"epoch {epoch} loss {loss.item():.4f}")
with torch.no_grad():
    mse = F.mse_loss(net(u[36000:], i[36000:]), y[36000:]).item()
print(f"FINAL loss={loss.item():.4f} metric={1 - mse / y.var().item():.3f} (test r2)")
