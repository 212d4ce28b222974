"""The panes beside the layers: which of them are in sight, and how tall the heat map is."""

from gradtui.app.geometry import Arrangement
from gradtui.app.render.depth import HEAD
from gradtui.app.render.heat import FOOT

HEAT_LINES = 12
"""Lines that the heat map may always have, however few the layers."""


def in_sight(kind: Arrangement, names: tuple[str, ...], chosen: str) -> set[str]:
    """Where they are tabs, the chosen one; else those that there is room for."""
    match kind:
        case "tiny":
            return set()
        case "narrow":
            return {"findings"}
        case "wide":
            return set(names[:-1])  # the last is below the layers
        case _:
            return {chosen}


def heat_height(tallest: int | None) -> int | None:
    """Lines that the heat map has use for; `tallest` is what the layers have."""
    return None if tallest is None else max(tallest - HEAD + FOOT + 1, HEAT_LINES)
