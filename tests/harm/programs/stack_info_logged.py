# A logger that says for each message where it came from, with the whole stack.
import logging
import sys

import torch
from torch import nn
from training import report, small_batch, small_net

logging.basicConfig(
    stream=sys.stdout, format="%(levelname)s %(funcName)s:%(lineno)d %(message)s", level=20
)
log = logging.getLogger("job")


class Logged(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = small_net()
        self.calls = 0

    def forward(self, x):
        self.calls += 1
        if self.calls in (1, 4):
            log.info("forward", stack_info=True)
        return self.inner(x)


class Rate(torch.optim.SGD):
    def step(self, closure=None):
        log.info("rate", stacklevel=3)
        return super().step(closure)


def told(gradient):
    log.info("gradient", stack_info=net.calls == 2)


net = Logged()
optimizer = Rate(net.parameters(), lr=0.1)
x, y = small_batch()
for _ in range(5):
    optimizer.zero_grad()
    out = net(x)
    out.register_hook(told)
    nn.functional.cross_entropy(out, y).backward()
    optimizer.step()
report(net)
