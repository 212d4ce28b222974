# plateau not_learning
# ReduceLROnPlateau(mode="max") is fed the validation loss: every improvement counts as a bad epoch and the rate is cut to nothing within a few epochs
# mended by: mode="min"
# cause words: scheduler mode reducelronplateau max learning rate
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
H = 16


def lags(n):
    """Copy task of a time series: which of four motifs came in the first half, and did it come again in the second half?"""
    x = 0.2 * torch.randn(n, 2 * H, 1)
    m = torch.randn(4, 6, generator=torch.Generator().manual_seed(6))
    a, b = torch.randint(0, 4, (n,)), torch.randint(0, 4, (n,))
    b = torch.where(torch.rand(n) < 0.4, a, b)
    for i in range(n):
        p, q = torch.randint(0, 10, (2,)).tolist()
        x[i, p:p + 6, 0] += m[a[i]]
        x[i, H + q:H + q + 6, 0] += m[b[i]]
    return x, 2 * a + (a == b).long()


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(1, 32, 6)
        self.mlp = nn.Sequential(nn.Linear(64, 96), nn.ReLU(), nn.Linear(96, 8))

    def forward(self, x):
        x = x.transpose(1, 2)
        f = [F.relu(self.conv(part)).amax(2) for part in (x[:, :, :H], x[:, :, H:])]
        return self.mlp(torch.cat(f, 1))


x, y = lags(4000)
xv, yv = lags(800)
net = Net()
opt = torch.optim.Adam(net.parameters(), lr=3e-4)
sched = torch.optim.lr_scheduler.ReduceLROnPlateau(opt, mode="min" if FIX else "max", factor=0.1, patience=1)
for epoch in range(30):
    for idx in torch.randperm(4000).split(100):
        loss = F.cross_entropy(net(x[idx]), y[idx])
        opt.zero_grad()
        loss.backward()
        opt.step()
    with torch.no_grad():
        out = net(xv)
        val = F.cross_entropy(out, yv).item()
    sched.step(val)
    print(f"epoch {epoch} train {loss.item():.4f} val {val:.4f}")
print(f"FINAL loss={val:.4f} metric={(out.argmax(1) == yv).float().mean().item():.4f}")
