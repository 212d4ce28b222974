# An average of weights is kept in a deep copy of the net.
import copy

import torch
from training import digest, report, small_net, train

net = small_net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
train(5, net, optimizer)
average = copy.deepcopy(net)
shallow = copy.copy(net)
both = copy.deepcopy((net, optimizer))


def blend(step):
    with torch.no_grad():
        for mine, new in zip(average.parameters(), net.parameters(), strict=True):
            mine.lerp_(new, 0.1)


train(10, net, optimizer, each=blend)
train(5, *both)
print(digest(average.parameters()), digest(both[0].parameters()))
print(shallow[0] is net[0], sorted(average.state_dict()) == sorted(net.state_dict()))
report(net)
