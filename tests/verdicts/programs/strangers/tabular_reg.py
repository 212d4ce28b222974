# miswired not_learning plateau
# predictions have shape (N,1) and targets (N,): MSELoss broadcasts to (N,N) and the network learns the mean
# mended by: squeezing the prediction
# cause words: broadcast shape squeeze unsqueeze dimension
import os, warnings, torch, torch.nn as nn
from torch.utils.data import Dataset, DataLoader
warnings.filterwarnings("ignore")
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(1)
class Tabular(Dataset):
    def __init__(self, n):
        self.x = torch.randn(n, 8)
        self.y = (self.x[:, 0] * 2 + torch.sin(2 * self.x[:, 1]) + self.x[:, 2] * self.x[:, 3]) + 0.1 * torch.randn(n)
    def __len__(self): return len(self.x)
    def __getitem__(self, i): return self.x[i], self.y[i]
class Regressor(nn.Module):
    def __init__(self, d=8, h=64):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(d, h), nn.ReLU(), nn.Linear(h, h), nn.ReLU(), nn.Linear(h, 1))
    def forward(self, x):
        out = self.body(x)
        return out.squeeze(-1) if FIX else out
train_dl = DataLoader(Tabular(3000), batch_size=64, shuffle=True)
val = Tabular(600)
model, loss_fn = Regressor(), nn.MSELoss()
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(20):
    model.train(); run = 0.0
    for xb, yb in train_dl:
        pred = model(xb)
        loss = loss_fn(pred, yb)
        opt.zero_grad(); loss.backward(); opt.step()
        run += loss.item()
    if epoch % 4 == 3:
        print("epoch", epoch, "train mse", round(run / len(train_dl), 4))
model.eval()
with torch.no_grad():
    p = model(val.x).flatten()
    r2 = 1 - ((p - val.y) ** 2).mean() / val.y.var()
print(f"FINAL loss={run / len(train_dl):.4f} metric={r2.item():.4f}")
