# An error report with the local variables of every frame, as error trackers send it.
import traceback

import torch
from torch import nn
from training import report, small_batch, small_net

net = small_net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
x, y = small_batch()


def broken(gradient):
    raise ArithmeticError("in a hook")


def words(error):
    whole = traceback.TracebackException.from_exception(error, capture_locals=True)
    for frame in whole.stack:
        print(frame.name, frame.lineno, sorted(frame.locals or {}))


for step in range(4):
    optimizer.zero_grad()
    try:
        net(x[:, : 8 - step % 2])
    except RuntimeError as error:
        words(error)
    out = net(x)
    if step == 2:
        out.register_hook(broken)
    try:
        nn.functional.cross_entropy(out, y).backward()
    except ArithmeticError as error:
        words(error)
    optimizer.step()
report(net)
