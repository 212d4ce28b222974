"""What is told of a network after a step or two, for the tests beside."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gradtui.core.event import RunInfo, Started
from gradtui.core.layout import Layout
from gradtui.instrument.watcher import OVERHEAD, Watcher
from tests.instrument.kept import Kept
from tests.instrument.nets import IMAGES, LABELS

FLAT = IMAGES.flatten(1)


def watched(train: Callable[[], object], overhead: float = OVERHEAD) -> list[Started]:
    sink = Kept()
    watcher = Watcher(sink, log=sink.log.append, overhead=overhead)
    train()
    watcher.close()
    assert sink.log == []
    return [e for e in sink.events if isinstance(e, Started)]


def seen(net: nn.Module, loss: Callable[[], Tensor]) -> tuple[Layout, RunInfo]:
    def train() -> None:
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        for _ in range(2):
            optimizer.zero_grad()
            loss().backward()
            optimizer.step()

    (told,) = watched(train)
    return told.layout, told.info


def of(net: nn.Module, inputs: Tensor = FLAT) -> tuple[Layout, RunInfo]:
    return seen(net, lambda: F.cross_entropy(net(inputs), LABELS))


def rows(layout: Layout) -> list[tuple[str, str]]:
    return [(row.name, row.activation) for row in layout.rows]


def idle(layout: Layout) -> list[str]:
    return [t.name for t in layout.tensors if t.structural_zero]
