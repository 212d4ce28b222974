# The profiler of torch counts the operators of training.
import os

from torch.autograd.profiler import profile
from training import report, small_net, train

net = small_net()
train(5, net)
os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # the profiler writes the time of day there
with profile(use_kineto=False) as told:
    train(10, net)
counts = {event.key: event.count for event in told.key_averages()}
print([(name, counts.get(name)) for name in ("aten::addmm", "aten::tanh", "aten::tanh_backward")])
report(net)
