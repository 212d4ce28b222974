"""Every key of the lab, once: bindings, footer, help and palette are made from this table."""

from dataclasses import dataclass

from textual.binding import Binding


@dataclass(frozen=True, slots=True)
class Key:
    """`keys` as Textual spells them, `shown` as people do; `short` is for the footer, where a key
    with a higher `weight` is dropped later (0 = never there)."""

    keys: str
    action: str
    shown: str
    short: str
    help: str
    group: str
    weight: int = 0
    palette: bool = True


KEYS: tuple[Key, ...] = (
    Key("q,ctrl+c", "quit", "q", "quit", "quit", "The app", 100),
    Key("question_mark", "help", "?", "help", "this help", "The app", 99),
    Key("ctrl+p", "command_palette", "^p", "commands", "command palette", "The app", 10, False),
    Key("t", "next_theme", "t", "theme", "next theme", "The app", 5),
    Key("e", "export", "e", "export", "export a picture (SVG)", "The app", 30),
    Key("v", "output", "v", "output", "what libraries have printed", "The app"),
    Key("f", "failure", "f", "failure", "the failure and its traceback", "The app"),
    Key(
        "ctrl+z",
        "suspend_process",
        "^z",
        "suspend",
        "to the shell; fg returns",
        "The app",
        0,
        False,
    ),
    Key("n", "neighbour(1)", "n", "next", "next scenario", "The run", 90),
    Key("p", "neighbour(-1)", "p", "previous", "previous scenario", "The run", 60),
    Key("s", "picker", "s", "scenarios", "choose a scenario", "The run", 95),
    Key("space", "pause", "space", "pause", "pause or resume training", "The run", 85),
    Key("full_stop", "step", ".", "step", "one step, then pause", "The run", 50),
    Key("plus", "pace(1)", "+", "faster", "train faster", "The run", 12),
    Key("minus", "pace(-1)", "-", "slower", "hold training back, to watch it", "The run", 13),
    Key("r", "restart", "r", "restart", "restart with the same seed", "The run", 70),
    Key("R", "reseed", "R", "new seed", "restart with a new seed", "The run", 20),
    Key("c", "compare", "c", "compare", "show or hide the untreated run", "The run", 40),
    Key("left,h", "scrub(-1)", "left h", "back", "one step back in time", "Time", 0, False),
    Key("right,l", "scrub(1)", "right l", "forward", "one step forward", "Time", 0, False),
    Key("left_square_bracket", "scrub(-1)", "[", "back", "one step back", "Time", 45),
    Key("right_square_bracket", "scrub(1)", "]", "forward", "one step forward", "Time", 44),
    Key("left_curly_bracket,shift+left", "scrub(-20)", "{", "back", "20 steps back", "Time"),
    Key("right_curly_bracket,shift+right", "scrub(20)", "}", "forward", "20 steps forward", "Time"),
    Key("home", "to_first", "home", "first step", "the first step", "Time"),
    Key("end", "to_live", "end", "live", "back to live", "Time", 43),
    Key("up,k", "move(-1)", "up k", "up", "previous layer", "Layers", 0, False),
    Key("down,j", "move(1)", "down j", "down", "next layer", "Layers", 0, False),
    Key("pageup", "page(-1)", "pgup", "page up", "a page of layers up", "Layers", 0, False),
    Key("pagedown", "page(1)", "pgdn", "page down", "a page of layers down", "Layers", 0, False),
    Key("g", "first_row", "g", "first", "first layer", "Layers"),
    Key("G", "last_row", "G", "last", "last layer", "Layers"),
    Key("enter", "detail", "enter", "layer", "everything about the layer", "Layers", 65),
    Key("slash", "filter", "/", "filter", "show only layers with these words", "Layers", 80),
    Key("o", "sort", "o", "sort", "sort: depth, worst first, name", "Layers", 35),
    Key("y", "log_scale", "y", "log", "loss logarithmic or linear", "Panes", 15),
    Key("tab", "pane(1)", "tab", "pane", "next pane, where they are tabs", "Panes", 55),
    Key("shift+tab", "pane(-1)", "shift+tab", "pane", "previous pane", "Panes"),
    Key("escape", "escape", "esc", "back", "close, or clear the filter", "Panes", 0, False),
)

REMEDIES = Key(
    "", "", "1-9", "remedy", "treat the run with a remedy of the scenario, or stop", "The run", 88
)


def bindings() -> list[Binding]:
    """What Textual needs; the footer is our own, so none asks to be shown."""
    out = [Binding(key.keys, key.action, key.help, show=False) for key in KEYS]
    out += [Binding(str(n), f"remedy({n - 1})", f"remedy {n}", show=False) for n in range(1, 10)]
    return out


def footer_keys() -> tuple[Key, ...]:
    """The footer's keys, the most useful first."""
    wanted = (key for key in (*KEYS, REMEDIES) if key.weight)
    return tuple(sorted(wanted, key=lambda key: -key.weight))
