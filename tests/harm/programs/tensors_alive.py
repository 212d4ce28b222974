# The hunt for a leak: all tensors that the garbage collector knows, after each step.
# @ known: tensors of ours, which do not grow in number, are among them
import gc

import torch
from training import report, small_net, train

counts = []


def count(step):
    gc.collect()
    found = [one for one in gc.get_objects() if isinstance(one, torch.Tensor)]
    counts.append((len(found), sum(one.numel() for one in found)))


net = small_net()
train(10, net, each=count)
print(counts[0], counts[-1], len(set(counts[1:])))
report(net)
