"""Before the first optimizer step of a command, and where none ever came."""

from collections.abc import Iterator

from gradtui.app.render.ending import ending
from gradtui.app.render.line import Line
from gradtui.app.render.log import folded, log_lines
from gradtui.app.render.text import safe, to_ascii, wrap
from gradtui.app.view import OVER, View

SLOW = 60.0
"""Seconds after which it is said what else the silence may mean."""

REASONS = (
    "It may be over before its first step, or before that was on disk (a kill, os._exit), or not train "
    "with torch at all.",
    "A Python that is started with -I, -S or -E, or inside a container, does not read the "
    "environment through which it is watched; gradtui.watch(model) in the script does without.",
)


def waiting_lines(view: View, width: int, height: int) -> tuple[Line, ...]:
    """What is waited for, and as many of the last lines of output as there is room for."""
    head = tuple(_head(view, max(width - 2, 8)))
    room = height - len(head) - 2
    out: list[Line] = [((" " + text, meaning),) for text, meaning in head]
    if room > 0 and view.outside.log:
        out += [(), ((" the last it has printed:", "quiet"),), *log_lines(view, width)[-room:]]
    if view.ascii_only:
        out = [tuple((to_ascii(text), meaning) for text, meaning in line) for line in out]
    return tuple(out)


def nothing_seen(view: View) -> bool:
    """The command has ended, or whatever fed this run, and no step was seen."""
    return view.layout is None and (view.outside.code is not None or view.state in OVER)


def _head(view: View, cells: int) -> Iterator[tuple[str, str]]:
    command = safe(view.outside.command)
    yield "", ""
    if nothing_seen(view):
        code = view.outside.code
        how = f" ({ending(code)})" if code is not None else ""
        yield "Nothing was seen", "warn"
        words = f"No process of this command{how} stepped a torch optimizer:"
        yield from _text(words, "", cells)
        yield from ((line, "strong") for line in folded(command, cells))
        yield "", ""
        for reason in REASONS:
            yield from _text(reason, "quiet", cells)
        return
    yield "Waiting for the first optimizer step of", "title"
    yield from ((line, "strong") for line in folded(command, cells))
    yield "", ""
    for_long = view.outside.waited >= SLOW
    yield from _text(f"{_lasting(view.outside.waited)} so far.", "quiet", cells)
    if for_long:
        yield from _text(
            "Loading data and compiling can take minutes. " + REASONS[1], "quiet", cells
        )


def _text(text: str, meaning: str, cells: int) -> Iterator[tuple[str, str]]:
    return ((line, meaning) for line in wrap(text, cells))


def _lasting(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole} s" if whole < 120 else f"{whole // 60} min {whole % 60} s"
