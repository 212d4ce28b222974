"""Which arrangement fits which terminal, and which keys fit in the footer."""

import pytest

from gradtui.app.geometry import arrangement
from gradtui.app.key_bar import fitting
from gradtui.app.key_bindings import KEYS, bindings, footer_keys
from gradtui.app.watched_run import Mode


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((39, 24), "tiny"),
        ((80, 11), "tiny"),
        ((40, 12), "narrow"),
        ((79, 50), "narrow"),
        ((80, 24), "stacked"),
        ((109, 60), "stacked"),
        ((110, 24), "side"),
        ((140, 45), "wide"),
        ((140, 29), "side"),
        ((169, 30), "wide"),
        ((200, 60), "broad"),
    ],
)
def test_arrangement(size: tuple[int, int], expected: str) -> None:
    assert arrangement(*size) == expected


@pytest.mark.parametrize("mode", ["lab", "run", "attach", "replay"])
@pytest.mark.parametrize("width", [1, 40, 80, 140, 300])
def test_footer_never_overflows_and_always_quits(width: int, mode: Mode) -> None:
    keys = fitting(footer_keys(mode), width)
    assert sum(len(key.shown) + len(key.short) + 3 for key in keys) <= width
    if width >= 40:
        assert keys[0].action == "quit"


def test_no_key_means_two_things() -> None:
    keys = [key for binding in bindings() for key in binding.key.split(",")]
    assert len(keys) == len(set(keys))


def test_every_key_is_explained() -> None:
    assert all(key.help and key.shown and key.group for key in KEYS)
