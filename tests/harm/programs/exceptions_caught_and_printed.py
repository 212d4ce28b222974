# A training server prints the traceback of each failed job and goes on.
import sys
import traceback

import torch
from torch import nn
from training import report, small_batch, small_net

net = small_net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
x, y = small_batch()
for step in range(6):
    try:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        if step % 2:
            loss.backward()
        optimizer.step()
    except RuntimeError:
        traceback.print_exc(file=sys.stdout)
try:
    nn.utils.clip_grad_norm_(net.parameters(), "many")
except (TypeError, ValueError):
    print(len(traceback.extract_tb(sys.exc_info()[2])), traceback.format_exc(limit=1))
report(net)
