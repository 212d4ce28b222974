# torch.fx and torch.export take the net apart.
import torch
from torch import fx
from training import report, small_batch, small_net, train

net = small_net()
x, _ = small_batch()
train(10, net)
print(fx.symbolic_trace(net).graph)
exported = torch.export.export(net, (x,))
print([node.name for node in exported.graph.nodes])
report(net)
