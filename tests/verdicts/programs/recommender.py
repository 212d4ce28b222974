# healthy
"""Matrix factorisation of ratings by plain SGD, weight decay by hand."""

import torch
from torch import nn


class MF(nn.Module):
    def __init__(self, users, items, k=8):
        super().__init__()
        self.P, self.Q = nn.Embedding(users, k), nn.Embedding(items, k)
        self.user_bias, self.item_bias = nn.Embedding(users, 1), nn.Embedding(items, 1)
        self.mu = nn.Parameter(torch.tensor(3.0))
        for e in (self.P, self.Q):
            nn.init.normal_(e.weight, std=0.1)
        for e in (self.user_bias, self.item_bias):
            nn.init.zeros_(e.weight)

    def forward(self, u, i):
        dot = (self.P(u) * self.Q(i)).sum(1)
        return self.mu + dot + self.user_bias(u)[:, 0] + self.item_bias(i)[:, 0]


torch.manual_seed(8)
users, items = 120, 80
a, b = torch.randn(users, 3), torch.randn(items, 3)
uu, ii = torch.randint(users, (6000,)), torch.randint(items, (6000,))
rating = (3.5 + (a[uu] * b[ii]).sum(1) * 0.5 + 0.3 * torch.randn(6000)).clamp(1, 5)
net = MF(users, items)
opt = torch.optim.SGD(net.parameters(), lr=0.3)
for epoch in range(12):
    for idx in torch.randperm(6000).split(256):
        pred = net(uu[idx], ii[idx])
        reg = 1e-6 * (net.P.weight.pow(2).sum() + net.Q.weight.pow(2).sum())
        loss = (pred - rating[idx]).pow(2).mean() + reg
        opt.zero_grad()
        loss.backward()
        opt.step()
    print(epoch, loss.item())
