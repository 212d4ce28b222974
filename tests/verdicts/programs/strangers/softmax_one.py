# output_cannot_change
# binary classifier with one output unit and Softmax(dim=1) before BCELoss: softmax over one value is always 1
# mended by: a sigmoid in place of the softmax
# cause words: softmax, one output, single, sigmoid
# Stack Overflow: "PyTorch binary classification loss does not change"
import os
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import Dataset, DataLoader

FIX = os.environ.get("FIX") == "1"
np.random.seed(0)
torch.manual_seed(0)


class Churn(Dataset):
    def __init__(self, n):
        self.x = np.random.randn(n, 15).astype("float32")
        w = np.linspace(-1, 1, 15)
        self.y = ((self.x @ w + 0.6 * self.x[:, 0] * self.x[:, 1]) > 0).astype("float32")

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]


class BinaryNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(15, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Dropout(0.1), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 1))
        self.act = nn.Sigmoid() if FIX else nn.Softmax(dim=1)

    def forward(self, x):
        return self.act(self.net(x))


train, test = DataLoader(Churn(3000), 64, shuffle=True), DataLoader(Churn(500), 500)
model = BinaryNet()
criterion = nn.BCELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(12):
    model.train()
    s = 0
    for x, y in train:
        optimizer.zero_grad()
        loss = criterion(model(x).squeeze(1), y)
        loss.backward()
        optimizer.step()
        s += loss.item()
    print("Epoch", epoch, "loss", s / len(train))
model.eval()
x, y = next(iter(test))
acc = ((model(x).squeeze(1) > 0.5).float() == y).float().mean().item()
print(f"FINAL loss={s / len(train):.4f} metric={acc:.4f}")
