# Optimizers step inside of backward, and gradients are freed there.
import torch
from torch import nn
from training import report, small_batch, small_net

net = small_net()
x, y = small_batch()
optimizers = {weight: torch.optim.SGD([weight], lr=0.1) for weight in net.parameters()}


def update(weight):
    optimizers[weight].step()
    optimizers[weight].zero_grad()


for weight in net.parameters():
    weight.register_post_accumulate_grad_hook(update)
for _ in range(12):
    loss = nn.functional.cross_entropy(net(x), y)
    loss.backward()
    print(loss.item(), [weight.grad for weight in net.parameters()])
report(net)
