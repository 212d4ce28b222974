# torch.autograd.backward itself is replaced, and put back.
import torch
from training import report, small_net, train

net = small_net()
train(3, net)
real = torch.autograd.backward
seen = []


def own(*args, **kwargs):
    seen.append(len(args))
    return real(*args, **kwargs)


torch.autograd.backward = own
train(10, net)
torch.autograd.backward = real
train(3, net)
print(len(seen))
report(net)
