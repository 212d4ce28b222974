# A debugger stops in a model, shows the stack and goes on.
import io
import pdb
import re

import torch
from torch import nn
from training import report, small_batch, small_net


class Stopped(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = small_net()

    def forward(self, x):
        if self.training:
            words = io.StringIO()
            debugger = pdb.Pdb(
                stdin=io.StringIO("where\nup\nup\np sorted(locals())\ncontinue\n"),
                stdout=words,
                nosigint=True,
                readrc=False,
            )
            debugger.set_trace()
        out = self.inner(x)
        if self.training:
            print(
                *[line for line in words.getvalue().splitlines() if re.match(r"[> ] |\(Pdb", line)],
                sep="\n",
            )
        return out


net = Stopped()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
x, y = small_batch()
for step in range(4):
    net.train(step == 2)
    optimizer.zero_grad()
    nn.functional.cross_entropy(net(x), y).backward()
    optimizer.step()
report(net)
