"""What is different between two views, and between two lines of the screen."""

from typing import TYPE_CHECKING

from rich.cells import cell_len

from gradtui.app.render.line import Line
from gradtui.app.render.line import width as width_of

if TYPE_CHECKING:  # it brings the doctor, which the list of runs can do without
    from gradtui.app.view import View


def is_live(view: "View") -> bool:
    """The facts change by themselves, many times a second."""
    return view.state == "running" and not view.scrubbing and not view.frozen


_LOOK = (
    "state",
    "selected",
    "order",
    "entries",
    "opened",
    "log_scale",
    "own_scale",
    "axes",
    "ascii_only",
    "remedies",
    "scrubbing",
    "frozen",
    "choice",
)


def same_look(one: "View", other: "View") -> bool:
    """Nothing that a key changes is different: only the run has gone on."""
    return (
        one.info is other.info
        and (one.reference is None) == (other.reference is None)
        and all(getattr(one, name) == getattr(other, name) for name in _LOOK)
    )


def changed_until(old: Line, new: Line) -> int:
    """The cell after the last one in which two lines of one width differ; 0 if they are equal.

    Textual repaints a line from the widget's left edge, so only the end is worth knowing.
    """
    stop = width_of(new)
    for (text, meaning), (text_2, meaning_2) in zip(reversed(old), reversed(new), strict=False):
        if meaning != meaning_2:
            return stop
        if text != text_2:
            return stop - _same_tail(text, text_2)
        stop -= cell_len(text)
    return max(stop, 0)


def _same_tail(one: str, other: str) -> int:
    cells = 0
    for a, b in zip(reversed(one), reversed(other), strict=False):
        if a != b:
            break
        cells += cell_len(a)
    return cells
