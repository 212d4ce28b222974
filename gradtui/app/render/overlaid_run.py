"""One of several runs that are laid over one another, as it is drawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gradtui.app.render.glyph import RUN_SIGNS, Sign
from gradtui.app.render.run_cells import short_name
from gradtui.app.view import View


@dataclass(frozen=True, slots=True, eq=False)
class OverlaidRun:
    """`place` counts from 0. `view` has what is drawn of it: facts, metrics, verdict; None until something
    has come, and where it cannot be read, for `trouble`."""

    place: int
    name: str
    state: str = "starting"
    """starting | running | paused | finished | stopped | failed | detached"""
    view: View | None = None
    trouble: str = ""

    @property
    def sign(self) -> Sign:
        return RUN_SIGNS[self.place]

    @property
    def range_meaning(self) -> str:
        """Of the range that its line runs in."""
        return f"range-{self.place}"

    @property
    def begun(self) -> bool:
        """Whether anything can be drawn of it."""
        return self.view is not None and self.view.facts is not None and len(self.view.facts) > 0


def distinct_names(paths: Sequence[Path]) -> list[str]:
    """What runs are called beside one another: without the times in their names, where these alone tell them
    apart with them, and with as many folders above them as it takes."""
    parts = [path.absolute().parts for path in paths]
    ways = [
        [short_name(part[-1]) for part in parts],
        *(
            ["/".join(part[-deep:]) for part in parts]
            for deep in range(1, max(map(len, parts)) + 1)
        ),
    ]
    return next((names for names in ways if len(set(names)) == len(names)), ways[-1])
