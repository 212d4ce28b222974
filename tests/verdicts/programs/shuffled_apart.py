# plateau
"""Features and labels are shuffled, each by itself."""

import torch
from torch import nn


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.stack = nn.Sequential(nn.Linear(20, 32), nn.ReLU(), nn.Linear(32, 7))

    def forward(self, x):
        return self.stack(x)


torch.manual_seed(50)
centers = 2 * torch.randn(7, 20)
y = torch.randint(7, (20000,))
x = centers[y] + torch.randn(20000, 20)
model = Classifier()
opt = torch.optim.SGD(model.parameters(), lr=0.05)
for epoch in range(1):
    x = x[torch.randperm(len(x))]
    y = y[torch.randperm(len(y))]
    for xb, yb in zip(x.split(64), y.split(64), strict=True):
        loss = nn.functional.cross_entropy(model(xb), yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
    print(epoch, loss.item())
