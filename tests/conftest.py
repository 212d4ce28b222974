"""What no test may leave behind for the next one."""

import sys
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def no_anomaly_mode() -> Iterator[None]:
    """One remedy, run as it stands, turns torch's anomaly mode on: it makes every NaN an error."""
    yield
    torch = sys.modules.get("torch")
    if torch is not None and torch.is_anomaly_enabled():
        torch.autograd.set_detect_anomaly(False)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is long is slow as well."""
    for item in items:
        if item.get_closest_marker("long") is not None:
            item.add_marker(pytest.mark.slow)
