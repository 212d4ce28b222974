# badly_scaled not_learning
# LSTM for prices: the inputs are scaled, the target is the raw price around 42000; the squared error is of the order of 1e9 and the output crawls towards the mean
# mended by: target scaled with the same scaler
# cause words: target scale normalis price unscaled large
import os
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import TensorDataset, DataLoader

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
t = torch.arange(1200).float()
price = 42000 + 5000 * torch.sin(t / 9) + 3000 * torch.sin(t / 23 + 1) + 200 * torch.randn(1200)
mean, std = price[:900].mean(), price[:900].std()
scaled = (price - mean) / std
LOOK = 20


def windows(a, b):
    x = torch.stack([scaled[i:i + LOOK] for i in range(a, b)])[..., None]
    y = torch.stack([(scaled if FIX else price)[i + LOOK] for i in range(a, b)])
    return x, y


class PriceLSTM(nn.Module):
    def __init__(self, h=32):
        super().__init__()
        self.lstm = nn.LSTM(1, h, batch_first=True)
        self.fc = nn.Linear(h, 1)

    def forward(self, x):
        out, _ = self.lstm(x)
        return self.fc(out[:, -1])[:, 0]


x, y = windows(0, 880)
loader = DataLoader(TensorDataset(x, y), batch_size=44, shuffle=True)
net = PriceLSTM()
opt = torch.optim.Adam(net.parameters(), lr=5e-3)
for epoch in range(30):
    tot = 0
    for xb, yb in loader:
        loss = F.mse_loss(net(xb), yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
        tot += loss.item() / len(loader)
    if epoch % 6 == 0:
        print(f"epoch {epoch} mse {tot:.4f}")
xt, yt = windows(900, 1170)
with torch.no_grad():
    r2 = 1 - F.mse_loss(net(xt), yt) / yt.var()
print(f"FINAL loss={tot:.4f} metric={r2.item():.3f}")
