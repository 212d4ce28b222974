# Finalizers of activations run within the step that made them.
import weakref

import torch
from torch import nn
from training import report, small_batch, small_net

net = small_net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
x, y = small_batch()
told = []


class Kept(nn.Module):
    def forward(self, value):
        weakref.finalize(value, told.append, "gone")
        return value


for step in range(12):
    optimizer.zero_grad()
    output = Kept()(net(x))
    loss = nn.functional.cross_entropy(output, y)
    loss.backward()
    optimizer.step()
    del output, loss
    print(step, len(told))
report(net)
