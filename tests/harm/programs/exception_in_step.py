# An optimizer raises in its step.
import torch
from torch import nn
from training import small_batch, small_net


class Refuses(torch.optim.SGD):
    def step(self, closure=None):
        if self.param_groups[0]["lr"] < 0.05:
            raise ArithmeticError("the rate is too small")
        return super().step(closure)


net = small_net()
optimizer = Refuses(net.parameters(), lr=0.1)
x, y = small_batch()
for _ in range(20):
    optimizer.zero_grad()
    nn.functional.cross_entropy(net(x), y).backward()
    optimizer.step()
    optimizer.param_groups[0]["lr"] *= 0.9
