# Signatures, names and pickles of what gets wrapped.
import inspect
import pickle

import torch
from torch import nn
from training import report, small_net, train

net = small_net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
train(10, net, optimizer)
for thing in (
    torch.autograd.backward,
    torch.autograd.grad,
    torch.Tensor.backward,
    nn.utils.clip_grad_norm_,
    nn.utils.clip_grad_value_,
    nn.Module.__init__,
    nn.Module.__call__,
    optimizer.step,
    optimizer.zero_grad,
    net.forward,
):
    print(thing.__module__, thing.__qualname__, inspect.signature(thing))
for thing in (torch.autograd.backward, nn.utils.clip_grad_norm_, nn.utils.clip_grad_value_):
    print(pickle.loads(pickle.dumps(thing)) is thing, inspect.unwrap(thing).__name__)
report(net)
