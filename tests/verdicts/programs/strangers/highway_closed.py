# vanishing_gradient
# deep highway-like stack where the carry path was written as gate*h instead of gate*h + (1-gate)*x, with gate bias -3: signal and gradient shrink twentyfold per layer; only the head learns
# mended by: the missing carry term
# cause words: gate carry vanish skip residual shrink
import os
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
D = 40


class Highway(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.h = nn.Linear(d, d)
        self.t = nn.Linear(d, d)
        nn.init.constant_(self.t.bias, -3.0)

    def forward(self, x):
        g = torch.sigmoid(self.t(x))
        y = g * torch.tanh(self.h(x))
        return y + (1 - g) * x if FIX else y


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Linear(20, D)
        self.blocks = nn.Sequential(*[Highway(D) for _ in range(6)])
        self.head = nn.Linear(D, 4)

    def forward(self, x):
        return self.head(self.blocks(self.stem(x)))


x = torch.randn(4000, 20)
t = torch.tanh(x @ torch.randn(20, 12) / 2)
y = (t @ torch.randn(12, 4)).argmax(1)
dl = DataLoader(TensorDataset(x[:3200], y[:3200]), 64, shuffle=True)
net = Net()
opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
for epoch in range(14):
    for a, b in dl:
        loss = nn.functional.cross_entropy(net(a), b)
        opt.zero_grad()
        loss.backward()
        opt.step()
    print(epoch, loss.item())
with torch.no_grad():
    acc = (net(x[3200:]).argmax(1) == y[3200:]).float().mean()
print(f"FINAL loss={loss.item():.4f} metric={acc.item():.3f}")
