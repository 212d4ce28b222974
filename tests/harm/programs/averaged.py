# Running averages of the weights, as diffusion models keep them.
import copy

import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from training import digest, report, small_net, train

net = small_net()
average = AveragedModel(net, multi_avg_fn=get_ema_multi_avg_fn(0.9))
own = copy.deepcopy(net).requires_grad_(False)


def update(step):
    average.update_parameters(net)
    for mine, theirs in zip(own.parameters(), net.parameters(), strict=True):
        mine.lerp_(theirs, 0.1)


train(20, net, each=update)
print(digest(average.state_dict().values()), digest(own.state_dict().values()))
print(sorted(vars(average)), type(average.module.forward).__name__)
report(net)
