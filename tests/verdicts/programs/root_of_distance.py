# nonfinite
"""Distances with a square root, and sometimes a point that is compared to itself."""

import torch
from torch import nn


class Siamese(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(10, 48), nn.ReLU(), nn.Linear(48, 8))

    def distance(self, a, b):
        return torch.sqrt(((self.body(a) - self.body(b)) ** 2).sum(1))


def contrastive(d, same, margin=1.0):
    return (same * d**2 + (1 - same) * torch.relu(margin - d) ** 2).mean()


torch.manual_seed(2)
points = torch.randn(300, 10)
kind = (points[:, 0] > 0).long()
net = Siamese()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
for step in range(150):
    i, j = torch.randint(300, (32,)), torch.randint(300, (32,))
    if step == 60:
        j[3] = i[3]
    loss = contrastive(net.distance(points[i], points[j]), (kind[i] == kind[j]).float())
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 20 == 0:
        print(step, loss.item())
