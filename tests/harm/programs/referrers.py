# Who refers to a parameter: the net and the optimizer, nobody else.
import gc
import sys

import torch
from training import report, small_net, train

net = small_net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
train(20, net, optimizer)
weight = net[0].weight
print(sys.getrefcount(weight), len(gc.get_referrers(weight)), sys.getrefcount(net) < 10)
report(net)
