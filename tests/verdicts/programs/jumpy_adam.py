# oscillating_loss exploding_gradient dead_relu
"""Adam with lr=1, on a small net with leaky units."""

import torch
import torch.nn.functional as F
from torch import nn


class Spirals(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = nn.Linear(2, 64), nn.Linear(64, 64), nn.Linear(64, 3)

    def forward(self, x):
        return self.c(F.leaky_relu(self.b(F.leaky_relu(self.a(x)))))


torch.manual_seed(29)
t = torch.rand(900) * 3
k = torch.arange(900) % 3
x = torch.stack([t * torch.cos(2 * t + 2.09 * k), t * torch.sin(2 * t + 2.09 * k)], 1)
net = Spirals()
opt = torch.optim.Adam(net.parameters(), lr=1.0)
for step in range(220):
    idx = torch.randint(900, (64,))
    loss = F.cross_entropy(net(x[idx]), k[idx])
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 20 == 0:
        print(step, loss.item())
