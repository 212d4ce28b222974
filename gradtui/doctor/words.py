"""Numbers and layers as findings spell them."""

from collections.abc import Sequence


def norm(value: float) -> str:
    """Two digits, shortest form: 1.9e-12, 0.56, 82."""
    return f"{value:.2g}"


def percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def layer_range(names: Sequence[str]) -> str:
    """ "layer 1", or "layer 1 to layer 14" for a stretch."""
    if not names:
        return "no layer"
    return names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"
