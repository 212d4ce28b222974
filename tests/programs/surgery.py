"""Fine-tuning: the optimizer has the head alone, which is replaced half way; then the rest joins."""

import torch
import truth
from torch import nn


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 8), nn.Tanh())
        self.head = nn.Linear(8, 3)

    def forward(self, x):
        return self.head(self.body(x))


torch.manual_seed(31)
net = Net()
optimizer = torch.optim.Adam(net.head.parameters(), lr=1e-2, fused=True)
for i in range(18):
    if i == 6:
        net.head = nn.Linear(8, 3)
        optimizer = torch.optim.Adam(net.head.parameters(), lr=1e-2, fused=True)
    if i == 12:
        optimizer.add_param_group({"params": net.body.parameters(), "lr": 1e-3})
    net.zero_grad()
    loss = nn.functional.cross_entropy(net(torch.randn(16, 4)), torch.randint(3, (16,)))
    loss.backward()
    named = {n: p for n, p in net.named_parameters() if i >= 12 or n.startswith("head")}
    truth.step(loss, named)
    optimizer.step()
truth.end(net)
