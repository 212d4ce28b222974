# Nets, optimizers, losses and gradients die when they are let go, at once.
import gc
import weakref

import torch
from torch import nn
from training import small_batch, small_net

gc.disable()
x, y = small_batch()


def once():
    net = small_net()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    for _ in range(12):
        optimizer.zero_grad()
        output = net(x)
        loss = nn.functional.cross_entropy(output, y)
        loss.backward()
        optimizer.step()
    things = net, net[0], net[0].weight, net[0].weight.grad, output, loss
    return [weakref.ref(thing) for thing in things]


print([ref() is None for ref in once()])
print([ref() is None for ref in once()])
