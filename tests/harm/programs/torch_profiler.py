# The profiler of torch counts the operators of training.
from torch.autograd.profiler import profile
from training import report, small_net, train

net = small_net()
train(5, net)
with profile(use_kineto=False) as told:
    train(10, net)
counts = {event.key: event.count for event in told.key_averages()}
print([(name, counts.get(name)) for name in ("aten::addmm", "aten::tanh", "aten::tanh_backward")])
report(net)
