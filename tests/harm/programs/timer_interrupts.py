# A timer raises in the middle of training, over and over, and training goes on.
import signal

import torch
from torch import nn
from training import report, small_batch, small_net


class Late(Exception):
    pass


def late(number, frame):
    raise Late


net = small_net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
x, y = small_batch()
signal.signal(signal.SIGALRM, late)
caught = 0
for _ in range(10):
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(net(x), y)
    loss.backward()
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    try:
        while True:
            net(x)
    except Late:
        caught += 1
    optimizer.step()
signal.setitimer(signal.ITIMER_REAL, 0)
print(caught, signal.getitimer(signal.ITIMER_REAL))
report(net)
