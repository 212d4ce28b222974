# A library patches step and zero_grad of an optimizer, and backward of tensors.
import functools

import torch
from training import report, small_net, train

net = small_net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
steps, backwards = [], []


def counted(function, into):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        into.append(1)
        return function(*args, **kwargs)

    return wrapper


train(3, net, optimizer)
real = torch.Tensor.backward
optimizer.step = counted(optimizer.step, steps)
optimizer.zero_grad = counted(optimizer.zero_grad, steps)
torch.Tensor.backward = counted(torch.Tensor.backward, backwards)
train(10, net, optimizer)
torch.Tensor.backward = real
del optimizer.step, optimizer.zero_grad
train(3, net, optimizer)
print(len(steps), len(backwards))
report(net)
