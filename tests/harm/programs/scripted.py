# The net is compiled by TorchScript and traced, before and after training.
import warnings

import torch
from training import digest, report, small_batch, small_net, train

warnings.simplefilter("ignore")
net = small_net()
x, _ = small_batch()
train(10, net)
scripted = torch.jit.script(net)
traced = torch.jit.trace(net, x)
print(digest([scripted(x), traced(x)]), torch.allclose(scripted(x), net(x)))
print(len(str(traced.graph)))
train(10, scripted)
print(digest(scripted.parameters()))
report(net)
