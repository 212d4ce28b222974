# vanishing_gradient
"""A classic of the nineties: many sigmoids, plain gradient descent."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class DeepBeliefish(nn.Module):
    def __init__(self, units=(12, 50, 50, 50, 50, 50, 50, 50, 50, 3)):
        super().__init__()
        for i in range(len(units) - 1):
            setattr(self, f"W{i}", nn.Linear(units[i], units[i + 1]))
        self.count = len(units) - 1

    def forward(self, x):
        for i in range(self.count - 1):
            x = torch.sigmoid(getattr(self, f"W{i}")(x))
        return getattr(self, f"W{self.count - 1}")(x)

    def fit(self, loader, epochs, lr):
        sgd = torch.optim.SGD(self.parameters(), lr=lr)
        loss_fn = nn.CrossEntropyLoss()
        for epoch in range(epochs):
            for xb, yb in loader:
                sgd.zero_grad()
                loss = loss_fn(self(xb), yb)
                loss.backward()
                sgd.step()
            print("epoch", epoch, "loss", loss.item())


torch.manual_seed(1)
x = torch.randn(900, 12)
y = (x[:, 0] + x[:, 1] > 0).long() + (x[:, 2] > 0.5).long()
DeepBeliefish().fit(DataLoader(TensorDataset(x, y), batch_size=30, shuffle=True), 8, 0.1)
