# healthy
# the loss is flat near 1 from early on because the target is 95 % noise; the signal is nevertheless found (correlation with the noise-free function)
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(1)
n = 24000
X = torch.randn(n, 6)
signal = 0.25 * (X[:, 0] + 0.6 * X[:, 1] - 0.5 * X[:, 2])
y = signal + torch.randn(n)                    # daily returns: mostly noise
tr = DataLoader(TensorDataset(X[:20000], y[:20000]), batch_size=128, shuffle=True)


class Alpha(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 1))

    def forward(self, x):
        return self.net(x).squeeze(-1)


model = Alpha()
opt = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01)
for ep in range(10):
    tot = 0.0
    for xb, yb in tr:
        loss = (model(xb) - yb).pow(2).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
        tot += loss.item() / len(tr)
    print(f"epoch {ep} mse {tot:.4f}")
with torch.no_grad():
    p = model(X[20000:])
    c = torch.corrcoef(torch.stack([p, signal[20000:]]))[0, 1].item()
print(f"FINAL loss={tot:.4f} metric={c:.4f} (correlation with the true signal)")
