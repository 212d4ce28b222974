# fp16_underflow
# EEG recordings kept in volts (about 1e-5) and a float16 model: squared errors and their gradients are below the smallest half, loss prints 0
# mended by: converting the signal to microvolts
# cause words: volt, unit, half, fp16, float16, underflow
# thread: "loss is exactly 0.0000 with half precision but the predictions are bad"
import os
import math
import torch
import torch.nn as nn
from torch.utils.data import Dataset, DataLoader

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
UNIT = 1e5 if FIX else 1.0


class EEG(Dataset):
    """window of 40 samples -> the next 8"""
    def __init__(self, n, seed):
        g = torch.Generator().manual_seed(seed)
        t = torch.arange(48).float()
        f = 0.2 + 0.3 * torch.rand(n, 1, generator=g)
        ph = 2 * math.pi * torch.rand(n, 1, generator=g)
        self.s = 1e-5 * (torch.sin(f * t + ph) + 0.05 * torch.randn(n, 48, generator=g)) * UNIT

    def __len__(self):
        return len(self.s)

    def __getitem__(self, i):
        return self.s[i, :40].half(), self.s[i, 40:].half()


class Forecaster(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = nn.Linear(40, 96), nn.Linear(96, 96), nn.Linear(96, 8)

    def forward(self, x):
        return self.c(torch.relu(self.b(torch.relu(self.a(x)))))


train = DataLoader(EEG(2000, 1), batch_size=50, shuffle=True)
xt, yt = next(iter(DataLoader(EEG(300, 2), batch_size=300)))
net = Forecaster().half()
opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
mse = nn.MSELoss()
for epoch in range(12):
    tot = 0
    for x, y in train:
        opt.zero_grad()
        loss = mse(net(x), y)
        loss.backward()
        opt.step()
        tot += loss.item()
    print("epoch %d loss %.6f" % (epoch, tot / len(train)))
with torch.no_grad():
    p = net(xt).double()
    r2 = 1 - ((p - yt.double()) ** 2).mean() / yt.double().var()
print(f"FINAL loss={tot / len(train):.6f} metric={r2.item():.4f}")
