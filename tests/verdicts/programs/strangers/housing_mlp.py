# dead_relu exploding_gradient plateau not_learning
# Raw features up to 50000 make the first steps so large that the ReLU units die; the network predicts one constant.
# mended by: Standardise the features (or lower the learning rate).
import os
import numpy as np
import torch
from torch import nn
from torch.utils.data import TensorDataset, DataLoader

np.random.seed(5)
torch.manual_seed(5)

n = 4000
area = np.random.gamma(6, 25, n)
rooms = np.random.randint(1, 8, n)
year = np.random.randint(1900, 2024, n)
dist = np.random.exponential(6, n)
income = np.random.normal(52000, 11000, n)
price = 30 + 1.9 * area + 12 * rooms - 8 * dist + 0.9 * (year - 1950) + 0.003 * income + np.random.normal(0, 15, n)
X = np.stack([area, rooms, year, dist, income], 1).astype(np.float32)
y = (price / price.std()).astype(np.float32)[:, None]
if os.environ.get('FIX'):
    X = (X - X.mean(0)) / X.std(0)

Xtr, Xte, ytr, yte = map(torch.from_numpy, (X[:3200], X[3200:], y[:3200], y[3200:]))


class Regressor(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.hidden1 = nn.Linear(d, 64)
        self.hidden2 = nn.Linear(64, 64)
        self.hidden3 = nn.Linear(64, 32)
        self.predict = nn.Linear(32, 1)

    def forward(self, x):
        x = torch.relu(self.hidden1(x))
        x = torch.relu(self.hidden2(x))
        x = torch.relu(self.hidden3(x))
        return self.predict(x)


net = Regressor(5)
optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
mse = nn.MSELoss()
train = DataLoader(TensorDataset(Xtr, ytr), batch_size=64, shuffle=True)
step = 0
for epoch in range(10):
    net.train()
    for xb, yb in train:
        optimizer.zero_grad()
        loss = mse(net(xb), yb)
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 100.0)
        optimizer.step()
        step += 1
        if step % 50 == 0:
            net.eval()
            with torch.no_grad():
                pred = net(Xte)
                r2 = 1 - ((pred - yte) ** 2).sum() / ((yte - yte.mean()) ** 2).sum()
            print(f'step {step} train mse {loss.item():.4f} test R2 {r2.item():.4f} pred std {pred.std().item():.4f}')
            net.train()
