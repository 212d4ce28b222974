# A loss of one's own warns its caller from inside of backward.
import warnings

import torch
from torch import nn
from training import small_batch, small_net


class Warned(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        warnings.warn("forward of Warned", UserWarning, stacklevel=2)
        return x.clone()

    @staticmethod
    def backward(ctx, gradient):
        warnings.warn("backward of Warned", UserWarning, stacklevel=1)
        return gradient


net = small_net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
x, y = small_batch()
for _ in range(3):
    optimizer.zero_grad()
    nn.functional.cross_entropy(Warned.apply(net(x)), y).backward()
    optimizer.step()
