# The arguments are gone through while nets are trained.
import torch
from torch import nn


def main(lr=0.1, decay=0.0):
    for name, value in locals().items():
        net = nn.Linear(4, 2)
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        net(torch.ones(2, 4)).sum().backward()
        optimizer.step()
        print(name, value)


main()
