# Hooks of the program on modules, tensors and optimizers, each counted.
from collections import Counter

import torch
from torch import nn
from training import report, small_net, train

counts = Counter()
net = small_net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
nn.modules.module.register_module_forward_hook(lambda *_: counts.update(["all forward"]))
net[0].register_forward_pre_hook(lambda *_: counts.update(["before"]))
net[0].register_forward_hook(lambda *_: counts.update(["after"]))
net[2].register_full_backward_hook(lambda *_: counts.update(["backward"]))
net[0].weight.register_hook(lambda gradient: counts.update(["gradient"]))
net[0].weight.register_post_accumulate_grad_hook(lambda weight: counts.update(["kept"]))
optimizer.register_step_pre_hook(lambda *_: counts.update(["step begins"]))
optimizer.register_step_post_hook(lambda *_: counts.update(["step ends"]))
train(10, net, optimizer)
print(sorted(counts.items()))
report(net)
