"""Every key of overlaid runs, once: bindings, footer, help and palette are made from this table."""

from collections.abc import Iterator

from textual.binding import Binding

from gradtui.app.key_bindings import FIRST, SUSPEND, Key, by_weight, plain_bindings
from gradtui.app.render.glyph import MOST_RUNS

RUNS, CHARTS = "The runs", "The charts"
KEYS: tuple[Key, ...] = (
    *FIRST,
    Key("t", "next_theme", "t", "theme", "next theme", "The app", 20),
    Key("e", "export", "e", "export", "export a picture (SVG)", "The app", 15),
    SUSPEND,
    Key("n", "choose_next(1)", "n", "next run", "choose the next run", RUNS, 92),
    Key("p", "choose_next(-1)", "p", "previous", "choose the previous run", RUNS, 40),
    Key("enter", "open", "enter", "layers", "its layers, beside those of another", RUNS, 95),
    Key("c", "compare", "c", "beside", "the others' layers beside those of this one", RUNS, 45),
    Key("space", "hide", "space", "hide", "hide it, or show it again", RUNS, 70),
    Key("u", "align", "u", "align", "by steps, by time, by the clock", CHARTS, 94),
    Key("m", "charts", "m", "metrics", "choose what the first chart shows", CHARTS, 85),
    Key("left,h", "cursor(-1)", "left h", "back", "the cursor one step back", CHARTS),
    Key("right,l", "cursor(1)", "right l", "on", "the cursor one step on", CHARTS),
    Key("shift+left,H", "leap(-1)", "H", "back", "the cursor ten cells back", CHARTS),
    Key("shift+right,L", "leap(1)", "L", "on", "the cursor ten cells on", CHARTS),
    Key("home,0", "to_end('first')", "home 0", "first", "the cursor to the first step", CHARTS),
    Key("end", "to_end('last')", "end", "newest", "the newest values of each run", CHARTS, 60),
    Key("up,k", "zoom(1)", "up k", "zoom in", "zoom in at the cursor", CHARTS, 80),
    Key("down,j", "zoom(-1)", "down j", "out", "zoom out", CHARTS, 79),
    Key("pageup", "pan(-1)", "pgup", "earlier", "what comes before", CHARTS, 50),
    Key("pagedown", "pan(1)", "pgdn", "later", "what comes after", CHARTS, 49),
    Key("w", "everything", "w", "whole runs", "see all of the runs", CHARTS, 65),
    Key("M", "median", "M", "median", "running median of 10 or 100 steps, or none", CHARTS, 55),
    Key("y", "log_scale", "y", "log", "logarithmic or linear", CHARTS, 30),
    Key("tab", "panel(1)", "tab", "one or all", "all charts, the first, the norm", CHARTS, 75),
    Key("shift+tab", "panel(-1)", "shift+tab", "one or all", "the same backwards", CHARTS),
    Key("escape", "escape", "esc", "back", "no cursor any more", CHARTS, 0, False),
)
NUMBERS = Key("", "", f"1-{MOST_RUNS}", "choose", "choose a run by its number", RUNS, 90)
LEGEND = (
    "Each line of the table is a run: its number, the glyph and the colour of its curves, its name, and the "
    "values at the cursor. Without a cursor these are the newest of each; those of a run that was over by "
    "then are dim. A column is a range, from its smallest to its largest value, in a darker shade of the "
    "run's colour, with the mean over it; the chosen run lies over the others. NaN stands where a run's "
    "values are no numbers any more. "
    "The wheel zooms at the pointer, dragging moves, a click puts the cursor there; a click on a line of the "
    "table chooses that run, two show its layers."
)
"""What help says before the keys."""


def bindings() -> Iterator[Binding]:
    """What Textual needs."""
    yield from plain_bindings(KEYS)
    for number in range(1, MOST_RUNS + 1):
        yield Binding(str(number), f"choose({number - 1})", "", show=False)


def footer_keys() -> tuple[Key, ...]:
    """The footer's keys, the most useful first."""
    return by_weight(help_keys())


def help_keys() -> tuple[Key, ...]:
    """The keys that help explains, group by group."""
    return (*KEYS, NUMBERS)
