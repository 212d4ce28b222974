# A program puts its own function before every call of a module, and takes it off again.
import functools

import torch
from torch import nn
from training import report, small_net, train

original, backward = nn.Module.__call__, torch.Tensor.backward
calls = []


@functools.wraps(original)
def counted(self, *args, **kwargs):
    calls.append(type(self).__name__)
    return original(self, *args, **kwargs)


def told(self, *args, **kwargs):
    calls.append("backward")
    return backward(self, *args, **kwargs)


net = small_net()
train(3, net)
nn.Module.__call__, torch.Tensor.backward = counted, told
train(6, net)
print(nn.Module.__call__ is counted, len(calls), sorted(set(calls)))
nn.Module.__call__, torch.Tensor.backward = original, backward
train(3, net)
print(nn.Module.__call__ is original is nn.Module._wrapped_call_impl, len(calls))
report(net)
