# A function mode counts every call of torch.
from collections import Counter

from torch.overrides import TorchFunctionMode
from training import report, small_net, train


class Counting(TorchFunctionMode):
    def __init__(self):
        super().__init__()
        self.counts = Counter()

    def __torch_function__(self, func, types, args=(), kwargs=None):
        self.counts[getattr(func, "__name__", str(func))] += 1
        return func(*args, **(kwargs or {}))


net = small_net()
with Counting() as mode:
    train(10, net)
print(sorted(mode.counts.items()))
report(net)
