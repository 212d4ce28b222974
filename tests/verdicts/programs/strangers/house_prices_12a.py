# badly_scaled
# the targets are raw prices (hundreds of thousands) under MSELoss: losses of 1e10 and more, huge steady gradients, and Adam cannot get the outputs up there
# mended by: standardising the target
# cause words: target scale scaling normalise standardise price
import os, torch, torch.nn as nn
from torch.utils.data import Dataset, DataLoader
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(18)
class Houses(Dataset):
    def __init__(self, n, stats=None):
        self.x = torch.randn(n, 10)
        price = 320_000 + 60_000 * self.x[:, 0] + 45_000 * self.x[:, 1] * self.x[:, 2] - 30_000 * torch.relu(self.x[:, 3])
        self.price = price + 4000 * torch.randn(n)
        self.mean, self.std = stats or (self.price.mean(), self.price.std())
        self.y = (self.price - self.mean) / self.std if FIX else self.price
    def __len__(self): return len(self.y)
    def __getitem__(self, i): return self.x[i], self.y[i]
class PriceModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(10, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))
    def forward(self, x): return self.net(x).squeeze(-1)
train_ds = Houses(3000); val_ds = Houses(500, (train_ds.mean, train_ds.std))
model = PriceModel()
opt = torch.optim.Adam(model.parameters(), lr=1e-3)
crit = nn.MSELoss()
def fit(epochs=20):
    for ep in range(epochs):
        model.train(); tot = 0.0
        for x, y in DataLoader(train_ds, batch_size=64, shuffle=True):
            opt.zero_grad()
            loss = crit(model(x), y)
            loss.backward()
            opt.step()
            tot += loss.item()
        if ep % 4 == 0: print(f"epoch {ep} mse {tot / 47:.4g}")
    return tot / 47
final = fit()
model.eval()
with torch.no_grad():
    p = model(val_ds.x)
    p = p * train_ds.std + train_ds.mean if FIX else p
    r2 = (1 - (p - val_ds.price).pow(2).mean() / val_ds.price.var()).item()
print(f"FINAL loss={final:.4f} metric={r2:.4f}")
