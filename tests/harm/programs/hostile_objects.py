# Objects around the training that tell or refuse whatever they are asked.
import torch
from torch import nn
from training import report, small_net, train


class Hostile:
    def __getattr__(self, name):
        print("asked for", name)
        raise RuntimeError("leave me alone")

    def __eq__(self, other):
        print("compared")
        raise RuntimeError("leave me alone")

    def __bool__(self):
        raise RuntimeError("leave me alone")

    def __len__(self):
        raise RuntimeError("leave me alone")

    def __iter__(self):
        raise RuntimeError("leave me alone")

    def __hash__(self):
        print("hashed")
        return 1

    @property
    def __class__(self):
        print("class asked for")
        return int


class Odd(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = small_net()
        self.thing = Hostile()

    def __len__(self):
        raise RuntimeError("no length")

    def __bool__(self):
        raise RuntimeError("no truth")

    def __repr__(self):
        raise RuntimeError("nothing to show")

    def forward(self, x):
        return self.inner(x)


def main():
    thing, things, by_name = Hostile(), [Hostile()], {"a": Hostile()}
    net = Odd()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    train(15, net, optimizer)
    report(net)
    return thing is None, len(things), len(by_name)


print(main())
