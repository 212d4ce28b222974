# A dispatch mode counts every operator of the steps.
from collections import Counter

from torch.utils._python_dispatch import TorchDispatchMode
from training import report, small_net, train


class Counting(TorchDispatchMode):
    def __init__(self):
        super().__init__()
        self.counts = Counter()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.counts[str(func)] += 1
        return func(*args, **(kwargs or {}))


net = small_net()
train(5, net)
with Counting() as mode:
    train(10, net)
print(sorted(mode.counts.items()))
report(net)
