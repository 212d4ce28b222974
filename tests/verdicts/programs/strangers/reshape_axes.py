# miswired not_learning
# multichannel sensor windows (B,T,C) are brought to Conv1d's (B,C,T) with .view, which scrambles channels and time
# mended by: transpose(1, 2)
# cause words: view reshape permute transpose scrambled axes
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(4)
T, C, NC = 60, 7, 7


def windows(n):
    """class = which of the 7 sensors carries the anomaly burst, whose amplitude is that of the normal noise"""
    y = torch.randint(0, NC, (n,))
    x = torch.randn(n, T, C)
    x = x - 0.0
    lag = 0.92
    burst = torch.zeros(n, T)
    burst[:, 0] = torch.randn(n)
    for t in range(1, T):
        burst[:, t] = lag * burst[:, t - 1] + (1 - lag ** 2) ** 0.5 * torch.randn(n)
    x[torch.arange(n), :, y] = burst          # same variance, but smooth in time
    return x, y


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.dw = nn.Conv1d(C, 6 * C, 5, padding=2, groups=C)
        self.pool = nn.AdaptiveAvgPool1d(1)
        self.fc = nn.Linear(6 * C, NC)

    def forward(self, x):
        if FIX:
            x = x.transpose(1, 2)
        else:
            x = x.reshape(x.size(0), C, T)
        h = F.relu(self.dw(x))
        return self.fc(self.pool(h).flatten(1))


xtr, ytr = windows(3000)
xte, yte = windows(600)
net = Net()
opt = torch.optim.Adam(net.parameters(), lr=5e-3)
hist = []
for step in range(900):
    j = torch.randint(0, 3000, (64,))
    loss = F.cross_entropy(net(xtr[j]), ytr[j])
    opt.zero_grad()
    loss.backward()
    opt.step()
    hist.append(loss.item())
    if step % 100 == 0:
        print(step, f"{loss.item():.4f}")
with torch.no_grad():
    acc = (net(xte).argmax(1) == yte).float().mean().item()
print(f"FINAL loss={sum(hist[-50:]) / 50:.4f} metric={acc:.4f}")
