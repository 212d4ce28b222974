"""A compiled model, and with "step" a compiled update; checkpointing within it."""

import sys

import torch
import truth
from torch import nn
from torch.utils.checkpoint import checkpoint


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.front = nn.Linear(4, 8)
        self.module = nn.Sequential(nn.Linear(8, 8), nn.ReLU())
        self.back = nn.Linear(8, 2)

    def forward(self, x):
        return self.back(self.module(self.front(x)))


torch.manual_seed(13)
model = Net()
fast = torch.compile(model, backend="eager")
optimizer = torch.optim.SGD(fast.parameters(), lr=0.05)
step = torch.compile(lambda: optimizer.step(), backend="eager") if "step" in sys.argv else None
for i in range(10):
    x = torch.randn(8, 4, requires_grad=True)
    optimizer.zero_grad()
    out = checkpoint(fast, x, use_reentrant=True) if i % 2 else fast(x)
    loss = out.square().mean()
    loss.backward()
    truth.step(loss, dict(model.named_parameters()))
    (step or optimizer.step)()
truth.end(model)
