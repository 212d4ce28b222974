# A closure raises in the middle of a step.
import torch
from torch import nn
from training import small_batch, small_net

net = small_net()
optimizer = torch.optim.LBFGS(net.parameters(), lr=0.1)
x, y = small_batch()


def closure():
    global count
    count += 1
    if count > 30:
        raise OverflowError("too often")
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(net(x), y)
    loss.backward()
    return loss


count = 0
for _ in range(20):
    optimizer.step(closure)
