# A generator trains, and shows its variables at each step.
import torch
from torch import nn


def training(rate, steps):
    torch.manual_seed(0)
    net = nn.Linear(3, 1)
    optimizer = torch.optim.SGD(net.parameters(), lr=rate)
    seen = locals()
    for step in range(steps):
        optimizer.zero_grad()
        loss = net(torch.ones(2, 3)).pow(2).mean()
        loss.backward()
        optimizer.step()
        yield step, float(loss), sorted(seen)


for line in training(0.1, 5):
    print(line)
