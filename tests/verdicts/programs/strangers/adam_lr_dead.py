# dead_relu
# Adam with lr=0.3 (a value for SGD) throws the biases and weights so far in the first steps that the ReLU units are off for every input
# mended by: lr=2e-3
# cause words: learning rate lr large high
import os
import torch
from torch import nn
from torch.utils.data import TensorDataset, DataLoader

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)


def series(n, window=24):
    t0 = torch.rand(n, 1) * 100
    t = t0 + torch.arange(window + 1) * 0.25
    s = torch.sin(t) + 0.5 * torch.sin(2.3 * t) + 2.0
    return s[:, :window], s[:, window:]


class Forecaster(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(24, 64)
        self.fc2 = nn.Linear(64, 32)
        self.fc3 = nn.Linear(32, 1)
        self.act = nn.ReLU()

    def forward(self, x):
        return self.fc3(self.act(self.fc2(self.act(self.fc1(x)))))


x, y = series(4096)
xv, yv = series(1000)
net = Forecaster()
opt = torch.optim.Adam(net.parameters(), lr=2e-3 if FIX else 0.3)
loader = DataLoader(TensorDataset(x, y), batch_size=64, shuffle=True)
step = 0
for epoch in range(12):
    for xb, yb in loader:
        loss = nn.functional.mse_loss(net(xb), yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
        if step % 100 == 0:
            print(f"step {step} mse {loss.item():.4f}")
        step += 1
with torch.no_grad():
    r2 = 1 - (net(xv) - yv).pow(2).mean() / yv.var()
print(f"FINAL loss={loss.item():.4f} metric={r2.item():.4f}")
