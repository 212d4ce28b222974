# print(traceback) in every place of a program that torch calls.
import sys
import traceback

import torch
from torch import nn
from training import report, small_batch, small_net


def told(word):
    print(word, [f"{one.name}:{one.lineno}" for one in traceback.extract_stack()[:-1]])


class Mixin:
    def __init__(self, word):
        told(f"made {word}")
        super().__init__()


class Both(nn.Module, Mixin):
    call_super_init = True

    def __init__(self):
        super().__init__(word="mixin")
        self.inner = small_net()

    def forward(self, x):
        told("forward")
        return Double.apply(self.inner(x))


class Double(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2

    @staticmethod
    def backward(ctx, gradient):
        told("backward")
        return gradient * 2


class Own(torch.optim.SGD):
    def add_param_group(self, group):
        told("group")
        super().add_param_group(group)


def parameters(net):
    told("parameters")
    yield from net.parameters()


net = Both()
optimizer = Own(parameters(net), lr=0.1)
x, y = small_batch()
for _ in range(3):
    optimizer.zero_grad()
    nn.functional.cross_entropy(net(x), y).backward()
    torch.nn.utils.clip_grad_value_(list(parameters(net)), 0.5)
    optimizer.step()
sys.stdout.flush()
report(net)
