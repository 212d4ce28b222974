# output_cannot_change
"""Churn prediction with one output and, out of habit, a softmax."""

import torch
from torch import nn


class ChurnModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer_1 = nn.Linear(10, 32)
        self.layer_2 = nn.Linear(32, 32)
        self.layer_out = nn.Linear(32, 1)
        self.act = nn.ReLU()
        self.softmax = nn.Softmax(dim=1)

    def forward(self, x):
        x = self.act(self.layer_1(x))
        return self.softmax(self.layer_out(self.act(self.layer_2(x))))


torch.manual_seed(0)
x = torch.randn(512, 10)
y = (x.sum(1, keepdim=True) > 0).float()
model = ChurnModel()
loss_fn = nn.MSELoss()
opt = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(10):
    for i in range(0, 512, 64):
        out = model(x[i : i + 64])
        loss = loss_fn(out, y[i : i + 64])
        opt.zero_grad()
        loss.backward()
        opt.step()
    print(epoch, loss.item())
