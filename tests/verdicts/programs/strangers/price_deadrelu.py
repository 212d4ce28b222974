# dead_relu
# learning rate 0.5 with Adam on an MLP with relu: the first steps push all the hidden units below zero, they never come back
# mended by: learning rate 0.003
# cause words: learning rate, lr, dead, dying, relu
# thread: "my network predicts the same value for every sample" (house prices, MSE)
import os
import torch
import torch.nn as nn
from torch.utils.data import TensorDataset, DataLoader

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(2)
N = 2000
X = torch.rand(N, 10) * 3
price = 3 * X[:, 0] * X[:, 1] + 8 * (X[:, 2] > 1.5) + 2 * X[:, 3] ** 2 + 0.3 * torch.randn(N) + 20
Xtr, Xte, ytr, yte = X[:1600], X[1600:], price[:1600], price[1600:]
dl = DataLoader(TensorDataset(Xtr, ytr.unsqueeze(1)), batch_size=32, shuffle=True)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(10, 64)
        self.fc2 = nn.Linear(64, 32)
        self.fc3 = nn.Linear(32, 1)

    def forward(self, x):
        x = torch.relu(self.fc1(x))
        x = torch.relu(self.fc2(x))
        return self.fc3(x)


net = Net()
opt = torch.optim.Adam(net.parameters(), lr=3e-3 if FIX else 0.5)
loss_fn = nn.MSELoss()
for epoch in range(30):
    tot = 0.0
    for xb, yb in dl:
        loss = loss_fn(net(xb), yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
        tot += loss.item() * len(xb)
    if epoch % 3 == 0:
        print(f"epoch {epoch} train loss {tot / len(Xtr):.4f}")
with torch.no_grad():
    p = net(Xte).squeeze(1)
    r2 = 1 - ((p - yte) ** 2).mean() / yte.var()
print(f"FINAL loss={tot / len(Xtr):.4f} metric={r2.item():.4f}")
