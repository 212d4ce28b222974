"""What no test may leave behind for the next one."""

import gc
import sys
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# A machine that is busy is no fault of what is tested: no example is timed.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def no_anomaly_mode() -> Iterator[None]:
    """One remedy, run as it stands, turns torch's anomaly mode on: it makes every NaN an error."""
    yield
    torch = sys.modules.get("torch")
    if torch is not None and torch.is_anomaly_enabled():
        torch.autograd.set_detect_anomaly(False)


@pytest.fixture(autouse=True)
def nothing_enclosed() -> Iterator[None]:
    """Whoever listens to torch's functions for longer than a test would slow down, or spoil, the next
    ones: which of them depends on how they are shared out among workers."""
    yield
    enclosures = sys.modules.get("gradtui.patching.enclosure")
    if enclosures is not None and enclosures.enclosed():
        gc.collect()  # what only a cycle holds goes sooner or later
        assert not enclosures.enclosed()


@pytest.fixture(autouse=True)
def allowance(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measuring has no end of time, but where a test gives it less: one collection of garbage in a large
    test process takes half a second, and the steps after it would go unmeasured."""
    budget = sys.modules.get("gradtui.instrument.budget")
    if budget is not None:
        monkeypatch.setattr(budget, "ALLOWANCE", 60.0)


def pytest_collection_finish() -> None:
    """What has been imported is there to stay: looking for garbage among half a million of torch's
    objects, as a full collection does, takes a quarter of the time of a test of the screen."""
    gc.set_threshold(5000, 10, 40)
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is long is slow as well."""
    for item in items:
        if item.get_closest_marker("long") is not None:
            item.add_marker(pytest.mark.slow)
