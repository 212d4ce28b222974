# Where a debugger may stop: tracing is switched on in the middle of a step.
# @ known: whoever traces every call of every file sees those of ours
import sys

import torch
from torch import nn
from training import report, small_batch, small_net

net = small_net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
x, y = small_batch()
seen = []


def tracer(frame, event, argument):
    if event == "call":
        seen.append(frame.f_code.co_name)
    return None


for step in range(5):
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(net(x), y)
    if step == 3:
        sys.settrace(tracer)
    loss.backward()
    sys.settrace(None)
    optimizer.step()
print(seen)
report(net)
