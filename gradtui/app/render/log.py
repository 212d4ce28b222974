"""What the command has printed, wrapped to the screen, and how it ended."""

from functools import lru_cache

from rich.cells import cell_len, chop_cells

from gradtui.app.render.ending import ending
from gradtui.app.render.line import Line
from gradtui.app.render.text import to_ascii, wrap
from gradtui.app.view import OVER, Outside, View
from gradtui.core.logged import LABELS

NOTHING = "nothing has been printed"
HELD_BACK = (
    "lines may wait in the program: Python writes to a pipe by the page, and at once with python -u"
)
ELSEWHERE = "what it printed is not kept here"
"""Of a run without a screen, and of one that its own script records."""


def log_lines(view: View, width: int) -> tuple[Line, ...]:
    """The kept output, oldest first."""
    outside = view.outside
    # What is said of another tool's log is prose; what a program prints may hang on its spaces.
    parts = wrapped if view.info is not None and view.info.logged is not None else folded
    lines: list[Line] = [
        ((" " + part, ""),)
        for text in outside.log
        for part in parts(to_ascii(text) if view.ascii_only else text, max(width - 2, 1))
    ]
    if not lines:
        words = NOTHING if outside.kept else ELSEWHERE
        lines.append(((f" {words}", "quiet"),))
        if outside.kept and outside.code is None and view.mode == "run":
            lines += [((f" {line}", "quiet"),) for line in wrap(HELD_BACK, max(width - 2, 1))]
    if ended(view):
        lines.append((end_words(outside, view.ascii_only),))
    return tuple(lines)


def ended(view: View) -> bool:
    """Whether the command's end belongs on the screen: in a replay only when it is reached."""
    over = view.mode != "replay" or view.state in OVER
    return view.outside.code is not None and over


def end_words(outside: Outside, ascii_only: bool) -> tuple[str, str]:
    """ "── exited 0 ──" and what it means: that a program ended well says nothing of what it trained."""
    code = outside.code or 0
    rule = "--" if ascii_only else "──"
    return f" {rule} {ending(code)} {rule}", "critical" if code else "quiet"


@lru_cache(maxsize=4096)
def folded(text: str, cells: int) -> tuple[str, ...]:
    """One line of output in as many lines of the screen as it takes."""
    return tuple(chop_cells(text, cells)) if cell_len(text) > cells else (text,)


@lru_cache(maxsize=256)
def wrapped(text: str, cells: int) -> tuple[str, ...]:
    """A line of what is said of a log in lines that end between words, beside its label."""
    if cell_len(text) <= cells:
        return (text,)
    label = text[:LABELS] if text[LABELS - 1] == " " and cells >= 2 * LABELS else ""
    first, *more = wrap(text[len(label) :], cells - len(label))
    return (label + first, *(" " * len(label) + line for line in more))
