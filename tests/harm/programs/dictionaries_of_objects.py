# What lies in the dictionaries of nets, layers and optimizers.
import torch
from training import report, small_net, train

net = small_net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
train(10, net, optimizer)
for thing in (net, net[0]):
    # Where torch itself looks for a compiled version of the call.
    print(sorted(name for name in vars(thing) if name != "_compiled_call_impl"))
print(sorted(name for name in vars(optimizer)))
for thing in (net, net[0]):
    print({name: len(value) for name, value in vars(thing).items() if "hooks" in name})
print({name: len(value) for name, value in vars(optimizer).items() if "hook" in name})
print(sorted(vars(net[0].weight)), net[0].weight._backward_hooks)
print("step" in vars(optimizer), "forward" in vars(net), type(net).__call__.__qualname__)
report(net)
