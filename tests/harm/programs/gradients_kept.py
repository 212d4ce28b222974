# Gradients are compared by identity and version from step to step.
import torch
from torch import nn
from training import report, small_batch, small_net

net = small_net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
x, y = small_batch()
for step in range(10):
    optimizer.zero_grad(set_to_none=step % 3 == 0)
    before = [weight.grad for weight in net.parameters()]
    nn.functional.cross_entropy(net(x), y).backward()
    same = [weight.grad is old for weight, old in zip(net.parameters(), before, strict=True)]
    versions = [(weight._version, weight.grad._version) for weight in net.parameters()]
    optimizer.step()
    print(step, same, versions, [weight._version for weight in net.parameters()])
report(net)
