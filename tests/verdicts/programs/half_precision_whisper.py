# fp16_underflow
"""Half precision, weights drawn small, nobody scales the loss."""

import torch
import torch.nn.functional as F
from torch import nn


class Whisper(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(20, 128)
        self.second = nn.Linear(128, 128)
        self.third = nn.Linear(128, 128)
        self.fourth = nn.Linear(128, 128)
        self.last = nn.Linear(128, 8)
        for p in self.parameters():
            p.data.mul_(0.1) if p.dim() > 1 else p.data.zero_()

    def forward(self, x):
        for layer in (self.first, self.second, self.third, self.fourth):
            x = F.relu(layer(x))
        return self.last(x)


torch.manual_seed(16)
net = Whisper().to(torch.float16)
opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
for step in range(100):
    x = torch.randn(64, 20, dtype=torch.float16)
    y = (x[:, 0] > 0).long() + 2 * (x[:, 1] > 0).long() + 4 * (x[:, 2] > 0).long()
    loss = F.cross_entropy(net(x), y) / 64
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 20 == 0:
        print(step, loss.item())
