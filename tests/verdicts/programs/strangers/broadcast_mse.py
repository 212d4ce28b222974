# miswired
# prediction of shape (B, 1) against target of shape (B,): the loss broadcasts to (B, B) and compares every prediction with every target
# mended by: target of shape (B, 1)
# cause words: broadcast shape unsqueeze squeeze dimension
import os
import warnings
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

FIX = os.environ.get("FIX") == "1"
warnings.filterwarnings("ignore")
torch.manual_seed(0)


class Regressor(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(d, 64), nn.ReLU(), nn.Dropout(0.05), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))

    def forward(self, x):
        return self.net(x)


def bikes(n):
    x = torch.randn(n, 8)
    y = torch.sin(x[:, 0] * 2) + x[:, 1] * x[:, 2] + 0.5 * x[:, 3] + 0.1 * torch.randn(n)
    return x, y


x, y = bikes(5000)
xt, yt = bikes(1000)
model = Regressor(8)
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
criterion = nn.MSELoss()
loader = DataLoader(TensorDataset(x, y), batch_size=64, shuffle=True)
for epoch in range(15):
    model.train()
    run = 0.0
    for xb, yb in loader:
        if FIX:
            yb = yb.unsqueeze(1)
        loss = criterion(model(xb), yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
        run += loss.item() / len(loader)
    if epoch % 3 == 0:
        print(f"epoch {epoch} mse {run:.4f}")
model.eval()
with torch.no_grad():
    r2 = 1 - (model(xt).squeeze(1) - yt).pow(2).mean() / yt.var()
print(f"FINAL loss={run:.4f} metric={r2.item():.4f}")
