"""Watchers for the tests beside."""

from collections.abc import Iterator

import pytest

from gradtui.instrument import budget
from tests.instrument.kept import Kept, recorded


@pytest.fixture
def kept() -> Iterator[Kept]:
    yield from recorded()


@pytest.fixture
def scarce(monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    """A watcher that may spend next to nothing from the first step on."""
    monkeypatch.setattr(budget, "ALLOWANCE", 0.0)
    yield from recorded(1e-3)
