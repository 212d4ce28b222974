# nonfinite
"""A Poisson-like loss: the log of a rate that a ReLU lets go to zero."""

import torch
from torch import nn


class Rate(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(5, 32)
        self.rate = nn.Linear(32, 1)
        nn.init.constant_(self.rate.bias, 2.5)

    def forward(self, x):
        return torch.relu(self.rate(torch.tanh(self.hidden(x)))).squeeze(1)


torch.manual_seed(23)
model = Rate()
x = torch.randn(800, 5)
count = torch.poisson((x[:, 0] - 1.0).exp().clamp(max=8))
opt = torch.optim.Adam(model.parameters(), lr=0.02)
for step in range(200):
    idx = torch.randint(800, (64,))
    rate = model(x[idx])
    loss = (rate - count[idx] * torch.log(rate)).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 25 == 0:
        print(step, loss.item())
