# healthy
# regression on very noisy returns: the loss falls by only five percent and then is flat, which is all that the noise allows (optimum R2 about 0.06)
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import TensorDataset, DataLoader

torch.manual_seed(0)
N = 12000
x = torch.randn(N, 8)
sig = 0.2 * x[:, 0] - 0.15 * x[:, 1]
y = sig + torch.randn(N)
dl = DataLoader(TensorDataset(x[:9000], y[:9000]), batch_size=128, shuffle=True)
model = nn.Sequential(nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 1))
opt = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.1)

def evaluate():
    model.eval()
    with torch.no_grad():
        out = F.mse_loss(model(x[9000:]).squeeze(1), y[9000:]).item()
    model.train()
    return out


for e in range(12):
    s = 0
    for a, b in dl:
        loss = F.mse_loss(model(a).squeeze(1), b)
        opt.zero_grad()
        loss.backward()
        opt.step()
        s += loss.item()
    print(f"epoch {e} val {evaluate():.4f} mse {s / len(dl):.4f}")
with torch.no_grad():
    p = model(x[9000:]).squeeze(1)
    corr = torch.corrcoef(torch.stack([p, sig[9000:]]))[0, 1].item()
print(f"FINAL loss={s / len(dl):.4f} metric={corr:.4f}")
