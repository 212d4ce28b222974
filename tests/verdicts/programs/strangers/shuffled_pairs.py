# not_learning miswired
# features and targets come from two DataLoaders that both shuffle, so inputs and labels are paired at random
# mended by: one dataset of pairs
# cause words: shuffle, pairs, labels, dataloader, aligned, mismatch
import os, torch, torch.nn as nn, torch.nn.functional as F
from torch.utils.data import TensorDataset, DataLoader
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(28)
n, T = 1600, 24
t = torch.arange(T)

def ecg(n):
    rate = 2.0 + 3.0 * torch.rand(n, 1)
    amp = 0.5 + torch.rand(n, 1)
    sig = amp * torch.sin(6.2832 * rate * t / T + 6.28 * torch.rand(n, 1)) + 0.1 * torch.randn(n, T)
    return sig[:, None], torch.cat([(rate - 3.5) / 0.87, (amp - 1.0) / 0.29], 1)

class ConvReg(nn.Module):
    def __init__(self):
        super().__init__()
        self.b = nn.Sequential(nn.Conv1d(1, 16, 7, padding=3), nn.ReLU(), nn.Conv1d(16, 32, 5, stride=2, padding=2), nn.ReLU())
        self.h = nn.Sequential(nn.Linear(32 * 12, 48), nn.ReLU(), nn.Linear(48, 2))
    def forward(self, x): return self.h(self.b(x).flatten(1))

X, Y = ecg(n)
Xv, Yv = ecg(400)
if FIX:
    loader = lambda: DataLoader(TensorDataset(X, Y), batch_size=32, shuffle=True)
else:
    loader = lambda: zip((b[0] for b in DataLoader(TensorDataset(X), batch_size=32, shuffle=True)),
                         (b[0] for b in DataLoader(TensorDataset(Y), batch_size=32, shuffle=True)))
net = ConvReg()
opt = torch.optim.RMSprop(net.parameters(), lr=1e-3)
for ep in range(16):
    tot = k = 0
    for x, y in loader():
        loss = F.mse_loss(net(x), y)
        opt.zero_grad(); loss.backward(); opt.step()
        tot += loss.item(); k += 1
    with torch.no_grad(): v = F.mse_loss(net(Xv), Yv).item()
    print(f"epoch {ep} train {tot / k:.4f} val {v:.4f}")
print(f"FINAL loss={tot / k:.4f} metric={v:.4f}")
