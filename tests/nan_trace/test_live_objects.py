"""What a program has frozen is found by its name."""

import gc
import io
import sys
from types import ModuleType

import pytest
from torch import nn, optim

from gradtui.nan_trace.live_objects import frozen_objects, live_objects


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A program that has a model, an optimizer and a file in memory, and has frozen all there is."""
    program = ModuleType("frozen_program")
    program.model = nn.Linear(2, 2)  # type: ignore[attr-defined]
    program.again = program.model  # type: ignore[attr-defined]
    program.optimizer = optim.SGD(program.model.parameters(), lr=0.1)  # type: ignore[attr-defined]
    program.file = io.StringIO()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, program.__name__, program)
    gc.freeze()
    return program


def test_each_once(frozen: ModuleType) -> None:
    found = live_objects(lambda kind: kind in (nn.Linear, optim.SGD, io.StringIO))
    for thing in (frozen.model, frozen.optimizer, frozen.file):
        assert sum(one is thing for one in found) == 1
        assert not any(one is thing for one in gc.get_objects())
    assert {type(one) for one in found} <= {nn.Linear, optim.SGD, io.StringIO}


def test_what_is_not_frozen_is_there_whoever_holds_it(frozen: ModuleType) -> None:
    held = [nn.Linear(3, 3)]
    assert sum(one is held[0] for one in live_objects(lambda kind: kind is nn.Linear)) == 1
    assert not any(one is held[0] for one in frozen_objects(lambda kind: kind is nn.Linear))
