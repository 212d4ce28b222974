"""When it is known that all processes get the same gradients. Programs of two processes show it for real:
tests/inject/test_programs.py."""

from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch import nn

from gradtui.instrument.data_parallel import synchronised


class DistributedDataParallel(nn.Module):
    """Called as torch's own, over a group of so many processes."""

    def __init__(self, inner: nn.Module, size: int, left_out: Sequence[str] = ()) -> None:
        super().__init__()
        self.inner, self.process_group = inner, size
        self.parameters_to_ignore = set(left_out)


class Derived(DistributedDataParallel):
    pass


@pytest.fixture
def four(monkeypatch: pytest.MonkeyPatch) -> None:
    distributed: Any = torch.distributed
    monkeypatch.setattr(distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(distributed, "get_world_size", lambda group=4: group)


@pytest.mark.parametrize(
    ("made", "known"),
    [
        (lambda net: [net], False),
        (lambda net: [net, DistributedDataParallel(net, 4)], True),
        (lambda net: [Derived(net, 4)], True),
        (lambda net: [DistributedDataParallel(net, 2)], False),  # within half of them
        (lambda net: [DistributedDataParallel(net[0], 4)], False),  # the rest is each one's own
        (lambda net: [DistributedDataParallel(net, 4, ["0.bias"])], False),
    ],
)
def test_one_module_over_all_processes_has_to_hold_them(four: None, made: Any, known: bool) -> None:
    net = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    assert synchronised(list(net.parameters()), made(net)) is known
    assert not synchronised([], made(net))


def test_a_process_alone_agrees_with_nobody() -> None:
    net = nn.Linear(2, 2)
    assert not synchronised(list(net.parameters()), [DistributedDataParallel(net, 1)])
