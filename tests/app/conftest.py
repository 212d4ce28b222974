"""How long a key waits for what it does."""

import pytest
from textual import app, pilot
from textual._wait import SLEEP_GRANULARITY, wait_for_idle

BUSY = 0.1
"""Seconds."""


@pytest.fixture(autouse=True)
def short_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Textual has a key wait until the process does nothing, for a second at most, twice. Ours is never
    idle: something is always training, and drawn. That every widget has seen all its messages is
    waited for all the same."""

    async def briefly(min_sleep: float = SLEEP_GRANULARITY, max_sleep: float = BUSY) -> None:
        await wait_for_idle(min_sleep, min(max_sleep, BUSY))

    for module in (app, pilot):
        monkeypatch.setattr(module, "wait_for_idle", briefly)
