# torch.func: gradients without an optimizer.
import torch
from torch import func, nn
from training import digest, small_batch, small_net

net = small_net()
x, y = small_batch()
weights = {name: value.detach() for name, value in net.named_parameters()}


def objective(weights):
    return nn.functional.cross_entropy(func.functional_call(net, weights, (x,)), y)


for _ in range(10):
    slopes, loss = func.grad_and_value(objective)(weights)
    weights = {name: value - 0.1 * slopes[name] for name, value in weights.items()}
    print(loss.item())
print(digest(weights.values()))
