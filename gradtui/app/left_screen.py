"""How the screen was left, for the next session: sort, scales, comparison, pane, charts.

One small private file in gradtui's own folder. Whatever is wrong with it is passed over: then things are as
they are at first, and nothing is kept where it cannot be written.
"""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import Any

from gradtui.app.layer_order import SORTS
from gradtui.app.render.chart_frame import MEDIANS, PANELS, Panel
from gradtui.app.render.overlay_frame import ALIGNMENTS, Alignment
from gradtui.app.render.x_scale import UNITS, Unit
from gradtui.app.terminal import state_dir
from gradtui.runstore.files.disk import replace_file
from gradtui.runstore.files.reading import DAMAGE, SMALL, read_json

FILE = "screen.json"
SCHEMA = 1


@dataclass(frozen=True, slots=True)
class LeftScreen:
    """What was chosen last."""

    sort: str = SORTS[0]
    """Of the layers."""
    log_scale: bool = True
    """Of the charts."""
    own_scale: bool = False
    """Of the heat map."""
    compare: bool = True
    """Whether the compared run is shown."""
    pane: str = "findings"
    """Where panes are tabs."""
    unit: Unit = "step"
    """Along the charts in full size."""
    median: int = 0
    panel: Panel = "both"
    alignment: Alignment = "step"
    """Of runs that are laid over one another."""


KNOWN: dict[str, tuple[Any, ...]] = {
    "sort": SORTS,
    "log_scale": (True, False),
    "own_scale": (True, False),
    "compare": (True, False),
    "pane": ("findings", "heat", "loss", "norm", "story", "log"),
    "unit": UNITS,
    "median": MEDIANS,
    "panel": PANELS,
    "alignment": ALIGNMENTS,
}
"""The values that a field takes."""


def load_screen() -> LeftScreen:
    """As it was left; what is damaged is as at first."""
    try:
        found = read_json(state_dir() / FILE, SMALL)
        told = {name: found.get(name) for name in KNOWN}
    except (*DAMAGE, AttributeError):
        return LeftScreen()
    # 1 is no True, though they are equal.
    good = {
        name: value
        for name, value in told.items()
        if any(type(value) is type(one) and value == one for one in KNOWN[name])
    }
    return LeftScreen(**good)


def changed_fields(before: object, after: object, names: Sequence[str]) -> dict[str, Any]:
    """Those of these fields of a frame that are other ones than before."""
    now = {name: getattr(after, name) for name in names}
    return {name: value for name, value in now.items() if getattr(before, name) != value}


def remember(**changes: Any) -> None:
    """Fields of `LeftScreen`, for the next time, where that is possible. What another session has chosen
    meanwhile is kept."""
    with suppress(OSError):
        left = replace(load_screen(), **changes)
        words = json.dumps({"schema": SCHEMA, **asdict(left)})
        replace_file(state_dir() / FILE, words.encode())
