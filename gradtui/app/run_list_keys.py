"""Every key of the list of runs, once: bindings, footer, help and palette are made from this table."""

from collections.abc import Iterator

from textual.binding import Binding

from gradtui.app.key_bindings import FIRST, SUSPEND, Key, by_weight, plain_bindings

KEYS: tuple[Key, ...] = (
    *FIRST,
    Key("t", "next_theme", "t", "theme", "next theme", "The app", 20),
    SUSPEND,
    Key("up,k", "move(-1)", "up k", "up", "previous run", "The list", 0, False),
    Key("down,j", "move(1)", "down j", "down", "next run", "The list", 0, False),
    Key("pageup,b", "page(-1)", "pgup b", "page up", "a page up", "The list", 0, False),
    Key("pagedown,f", "page(1)", "pgdn f", "page down", "a page down", "The list", 0, False),
    Key("home,g", "first_row", "home g", "first", "first run", "The list"),
    Key("end,G", "last_row", "end G", "last", "last run", "The list"),
    Key(
        "slash",
        "filter",
        "/",
        "filter",
        "runs with these words in name, command, verdict, state or note",
        "The list",
        90,
    ),
    Key("o", "sort", "o", "sort", "sort by the next column", "The list", 80),
    Key("O", "reverse", "O", "reverse", "the other way round", "The list", 30),
    Key(
        "escape",
        "escape",
        "esc",
        "back",
        "no filter any more, then no marks",
        "The list",
        0,
        False,
    ),
    Key("enter", "open", "enter", "open", "watch it live, or play it again", "Runs", 95),
    Key("space", "mark", "space", "mark", "mark, or no longer", "Runs", 85),
    Key("m", "mark_all", "m", "mark all", "mark all that are shown, or none", "Runs", 25),
    Key("c", "compare", "c", "compare", "compare two, the older with the newer", "Runs", 75),
    Key("v", "overlay", "v", "overlay", "charts of the marked ones over one another", "Runs", 72),
    Key("i,N", "note", "i N", "note", "note a line about it", "Runs", 70),
    Key("e", "export", "e", "export", "write its page (HTML) into this folder", "Runs", 60),
    Key("y", "copy_path", "y", "copy", "copy its path", "Runs", 15),
    Key("D,delete", "delete", "D del", "delete", "delete; you are asked first", "Runs", 65),
)


LEGEND = (
    "Each line is a run, with the doctor's verdict on it as it stands. Verdicts come in the background, "
    "the newest runs first; they are remembered until the run or the doctor changes. `loss` is that of "
    "the last step, `best` the lowest of any step. Below the list is the chosen run in full. A click "
    "chooses, two open, a click on a title sorts, one at the left marks.\n\n"
    "What is done to runs is done to the marked ones; to the chosen one where none is marked."
)
"""What help says before the keys."""


def bindings() -> Iterator[Binding]:
    """What Textual needs."""
    return plain_bindings(KEYS)


def footer_keys() -> tuple[Key, ...]:
    """The footer's keys, the most useful first."""
    return by_weight(KEYS)
