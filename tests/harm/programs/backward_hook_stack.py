# A hook on a tensor prints from where it was called.
import sys

import torch
from torch import nn
from training import report, small_batch, small_net

net = small_net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
x, y = small_batch()


def depth(gradient):
    frame, names = sys._getframe(), []
    while frame is not None:
        if not frame.f_code.co_filename.startswith("<frozen"):
            names.append(frame.f_code.co_name)
        frame = frame.f_back
    print(names[-1], "gradtui" in repr(names))


for _ in range(3):
    optimizer.zero_grad()
    output = net(x)
    output.register_hook(depth)
    nn.functional.cross_entropy(output, y).backward()
    optimizer.step()
report(net)
