# badly_scaled
# tabular regression on prices in currency units (hundreds of thousands) with MSE: enormous losses and gradients, Adam at lr 1e-3 cannot carry the output there
# mended by: standardised targets
# cause words: target scale normalis standardis large
import os
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset, random_split
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
n = 3000
rooms = torch.randint(1, 8, (n, 1)).float()
area = rooms * 22 + torch.randn(n, 1) * 8
city = torch.randint(0, 12, (n,))
level = torch.randn(12, 1) * 0.4
price = 2200 * area * torch.exp(level[city]) + 12000 * rooms + torch.randn(n, 1) * 4000
mean, std = (price.mean(), price.std()) if FIX else (0.0, 1.0)
data = TensorDataset(torch.cat([(rooms - 4) / 2, (area - 88) / 45], 1), city, (price - mean) / std)
train, val = random_split(data, [2500, 500], torch.Generator().manual_seed(0))


class Tabular(nn.Module):
    def __init__(self):
        super().__init__()
        self.city = nn.Embedding(12, 8)
        self.mlp = nn.Sequential(nn.Linear(10, 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU(), nn.Linear(64, 1))

    def forward(self, x, c):
        return self.mlp(torch.cat([x, self.city(c)], 1))


net = Tabular()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
for epoch in range(30):
    for x, c, y in DataLoader(train, 64, shuffle=True):
        loss = nn.functional.mse_loss(net(x, c), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
    if epoch % 5 == 0:
        print(epoch, loss.item())
x, c, y = val[:]
with torch.no_grad():
    r2 = 1 - ((net(x, c) - y) ** 2).mean() / y.var()
print(f"FINAL loss={loss.item():.5g} metric={r2.item():.4f}")
