# healthy
# returns are almost all noise: the loss falls by a few percent in the first epochs and is flat at the noise variance from there on, which is the best possible; the metric is the correlation with the noiseless signal
import torch, torch.nn as nn
from torch.utils.data import TensorDataset, DataLoader


torch.manual_seed(39)
w = torch.randn(10) / 10 ** 0.5

def make(n):
    x = torch.randn(n, 10)
    f = 0.5 * torch.tanh(x @ w)
    return (x, f + 1.0 * torch.randn(n), f)
x, y, _ = make(20000)
xv, yv, fv = make(3000)
net = nn.Sequential(nn.Linear(10, 16), nn.SiLU(), nn.Linear(16, 1))
opt = torch.optim.AdamW(net.parameters(), lr=0.002, weight_decay=0.05)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 10)
for ep in range(10):
    tot = 0
    for xb, yb in DataLoader(TensorDataset(x, y), 128, shuffle=True):
        loss = nn.functional.mse_loss(net(xb).squeeze(1), yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
        tot += loss.item() * len(xb)
    sched.step()
    print(f'epoch {ep} loss {tot / len(x):.4f}')
with torch.no_grad():
    c = torch.corrcoef(torch.stack([net(xv).squeeze(1), fv]))[0, 1].item()
print(f'FINAL loss={tot / len(x):.4f} metric={c:.4f}')
