# A net that counts how its attributes are read and set.
from collections import Counter

import torch
from torch import nn
from training import report, small_net, train

counts = Counter()


class Counted(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = small_net()

    def __setattr__(self, name, value):
        counts["set " + name] += 1
        super().__setattr__(name, value)

    def __getattr__(self, name):
        counts["get " + name] += 1
        return super().__getattr__(name)

    def __delattr__(self, name):
        counts["del " + name] += 1
        super().__delattr__(name)

    def __call__(self, *args):
        counts["call"] += 1
        return super().__call__(*args)

    def forward(self, x):
        return self.inner(x)

    def parameters(self, recurse=True):
        counts["parameters"] += 1
        return super().parameters(recurse)

    def named_parameters(self, *args, **kwargs):
        counts["named_parameters"] += 1
        return super().named_parameters(*args, **kwargs)

    def named_modules(self, *args, **kwargs):
        counts["named_modules"] += 1
        return super().named_modules(*args, **kwargs)

    def state_dict(self, *args, **kwargs):
        counts["state_dict"] += 1
        return super().state_dict(*args, **kwargs)


net = Counted()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
train(12, net, optimizer)
print(sorted(counts.items()))
report(net)
