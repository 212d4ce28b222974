"""Every key, once: bindings, footer, help and palette are made from this table."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from textual.binding import Binding

from gradtui.app.watched_run import Mode

LAB: tuple[Mode, ...] = ("lab",)
RECORD: tuple[Mode, ...] = ("run", "attach")
REPLAY: tuple[Mode, ...] = ("replay",)
LIVE: tuple[Mode, ...] = ("lab", "run", "attach")
WATCHED: tuple[Mode, ...] = ("run", "attach", "replay")
PLAYED: tuple[Mode, ...] = ("lab", "replay")
ALL: tuple[Mode, ...] = ("lab", "run", "attach", "replay")


@dataclass(frozen=True, slots=True)
class Key:
    """`keys` as Textual spells them, `shown` as people do; `short` is for the footer, where a key
    with a higher `weight` is dropped later (0 = never there). `modes`: where it means something."""

    keys: str
    action: str
    shown: str
    short: str
    help: str
    group: str
    weight: int = 0
    palette: bool = True
    modes: tuple[Mode, ...] = ALL


FIRST: tuple[Key, ...] = (
    Key("q,ctrl+c", "quit", "q", "quit", "quit", "The app", 100),
    Key("question_mark", "help", "?", "help", "this help", "The app", 99),
    Key("ctrl+p", "command_palette", "^p", "commands", "command palette", "The app", 10, False),
)
SUSPEND = Key(
    "ctrl+z",
    "suspend_process",
    "^z",
    "suspend",
    "to the shell; fg returns",
    "The app",
    0,
    False,
)
"""Keys of every app on a terminal."""


def plain_bindings(keys: Iterable[Key]) -> Iterator[Binding]:
    """What Textual needs; the footer is our own, so none asks to be shown."""
    for key in keys:
        yield Binding(key.keys, key.action, "", show=False)


def by_weight(keys: Iterable[Key]) -> tuple[Key, ...]:
    """Those that a footer has, the most useful first."""
    return tuple(sorted((key for key in keys if key.weight), key=lambda key: -key.weight))


KEYS: tuple[Key, ...] = (
    *FIRST,
    Key("t", "next_theme", "t", "theme", "next theme", "The app", 5),
    Key("e", "export", "e", "export", "export a picture (SVG)", "The app", 30),
    Key("v", "output", "v", "output", "what libraries have printed", "The app", modes=LAB),
    Key("v", "output", "v", "output", "what the command has printed", "The app", 75, modes=WATCHED),
    Key("f", "failure", "f", "failure", "the failure and its traceback", "The app"),
    SUSPEND,
    Key("n", "neighbour(1)", "n", "next", "next scenario", "The run", 90, modes=LAB),
    Key("p", "neighbour(-1)", "p", "previous", "previous scenario", "The run", 60, modes=LAB),
    Key("s", "picker", "s", "scenarios", "choose a scenario", "The run", 95, modes=LAB),
    Key("space", "pause", "space", "pause", "pause or resume training", "The run", 85, modes=LAB),
    Key("space", "pause", "space", "hold", "hold the view, let it go", "The run", 85, modes=RECORD),
    Key("space", "pause", "space", "play", "play or hold", "The run", 85, modes=REPLAY),
    Key(
        "P",
        "hold_training",
        "P",
        "pause",
        "pause training, let it go on",
        "The run",
        47,
        modes=RECORD,
    ),
    Key("full_stop", "step", ".", "step", "one step, then pause", "The run", 50, modes=PLAYED),
    Key(
        "full_stop", "step", ".", "step", "train one step, then pause", "The run", 11, modes=RECORD
    ),
    Key(
        "F",
        "record_all",
        "F",
        "full",
        "record every step in full, or not",
        "The run",
        14,
        modes=RECORD,
    ),
    Key("S", "stop_training", "S", "stop", "ask training to end", "The run", 9, modes=RECORD),
    Key("plus", "pace(1)", "+", "faster", "train faster", "The run", 12, modes=LAB),
    Key("plus", "pace(1)", "+", "faster", "play faster", "The run", 48, modes=REPLAY),
    Key("minus", "pace(-1)", "-", "slower", "hold training back", "The run", 13, modes=LAB),
    Key("minus", "pace(-1)", "-", "slower", "play slower", "The run", 49, modes=REPLAY),
    Key("r", "restart", "r", "restart", "restart with the same seed", "The run", 70, modes=LAB),
    Key("R", "reseed", "R", "new seed", "restart with a new seed", "The run", 20, modes=LAB),
    Key("x", "prescriptions", "x", "code", "the remedies as code, to copy", "The run", 82),
    Key("c", "compare", "c", "compare", "show or hide the untreated run", "The run", 40, modes=LAB),
    Key("left,h", "scrub(-1)", "left h", "back", "one step back in time", "Time", 0, False),
    Key("right,l", "scrub(1)", "right l", "forward", "one step forward", "Time", 0, False),
    Key("left_square_bracket", "scrub(-1)", "[", "back", "one step back", "Time", 45),
    Key("right_square_bracket", "scrub(1)", "]", "forward", "one step forward", "Time", 44),
    Key("left_curly_bracket,shift+left", "leap(-1)", "{", "back", "a page back in time", "Time"),
    Key("right_curly_bracket,shift+right", "leap(1)", "}", "forward", "a page forward", "Time"),
    Key("home,0", "to_first", "home 0", "first step", "the first step", "Time"),
    Key("end", "to_live", "end", "live", "back to live", "Time", 43, modes=LIVE),
    Key("end", "to_live", "end", "last", "the last step", "Time", 43, modes=REPLAY),
    Key("a", "alarm", "a", "alarm", "the first alarm", "Time", 42, modes=LIVE),
    Key("a", "alarm", "a", "alarm", "the first alarm", "Time", 84, modes=REPLAY),
    Key("up,k", "move(-1)", "up k", "up", "previous layer", "Layers", 0, False),
    Key("down,j", "move(1)", "down j", "down", "next layer", "Layers", 0, False),
    Key("pageup", "page(-1)", "pgup", "page up", "a page of layers up", "Layers", 0, False),
    Key("pagedown", "page(1)", "pgdn", "page down", "a page of layers down", "Layers", 0, False),
    Key("g", "first_row", "g", "first", "first layer", "Layers"),
    Key("G", "last_row", "G", "last", "last layer", "Layers"),
    Key("enter", "detail", "enter", "layer", "everything about the layer", "Layers", 65),
    Key("u", "turn_group", "u", "fold", "open, close a group: it shows its worst", "Layers", 36),
    Key("U", "turn_groups", "U", "fold all", "open or close all groups", "Layers"),
    Key("slash", "filter", "/", "filter", "show only layers with these words", "Layers", 80),
    Key("o", "sort", "o", "sort", "sort: depth, worst first, most changed, name", "Layers", 35),
    Key("m", "charts", "m", "metrics", "choose what the chart shows", "Panes", 46),
    Key("C", "full_charts", "C", "charts", "charts in full size: cursor, zoom", "Panes", 41),
    Key("y", "log_scale", "y", "log", "loss logarithmic or linear", "Panes", 15),
    Key(
        "z", "heat_scale", "z", "scale", "heat map: fixed scale, or heights by its own", "Panes", 16
    ),
    Key("tab", "pane(1)", "tab", "pane", "next pane, where they are tabs", "Panes", 55),
    Key("shift+tab", "pane(-1)", "shift+tab", "pane", "previous pane", "Panes"),
    Key("escape", "escape", "esc", "back", "close, or clear the filter", "Panes", 0, False),
)

LAYER = "Where one layer is shown"
FAR = 1_000_000
LAYER_KEYS: tuple[Key, ...] = (
    Key("escape,enter", "app.escape", "esc", "back", "back to all layers", LAYER, 98),
    Key("right,l,n", "screen.layer(1)", "right n", "next layer", "the next layer", LAYER, 97),
    Key("left,h,p", "screen.layer(-1)", "left p", "previous", "the previous layer", LAYER, 96),
    Key("down,j", "screen.scroll(1)", "down j", "scroll", "a line down", LAYER, 95),
    Key("up,k", "screen.scroll(-1)", "up k", "up", "a line up", LAYER),
    Key("pagedown", "screen.scroll_page(1)", "pgdn", "page down", "a page down", LAYER),
    Key("pageup", "screen.scroll_page(-1)", "pgup", "page up", "a page up", LAYER),
    Key("home,g", f"screen.scroll(-{FAR})", "home g", "top", "to the top", LAYER),
    Key("end,G", f"screen.scroll({FAR})", "end G", "bottom", "to the end", LAYER),
)
"""Keys that mean something else while everything about one layer is on screen."""

CHARTS = "Charts in full size"
CHART_KEYS: tuple[Key, ...] = (
    Key("left,h", "screen.cursor(-1)", "left h", "back", "the cursor one step back", CHARTS),
    Key("right,l", "screen.cursor(1)", "right l", "on", "the cursor one step on", CHARTS),
    Key("shift+left,H", "screen.leap(-1)", "H", "back", "the cursor ten cells back", CHARTS),
    Key("shift+right,L", "screen.leap(1)", "L", "on", "the cursor ten cells on", CHARTS),
    Key(
        "home,0",
        "screen.to_end('first')",
        "home 0",
        "first",
        "the cursor to the first step",
        CHARTS,
    ),
    Key(
        "end", "screen.to_end('last')", "end", "newest", "the cursor to the newest step", CHARTS, 86
    ),
    Key("enter", "screen.look", "enter", "look at", "look at the cursor's step", CHARTS, 98),
    Key("up,k", "screen.zoom(1)", "up k", "zoom in", "zoom in at the cursor", CHARTS, 97),
    Key("down,j", "screen.zoom(-1)", "down j", "out", "zoom out", CHARTS, 96),
    Key("w", "screen.everything", "w", "whole run", "see the whole run", CHARTS, 95),
    Key("pageup", "screen.pan(-1)", "pgup", "earlier", "what comes before", CHARTS, 90),
    Key("pagedown", "screen.pan(1)", "pgdn", "later", "what comes after", CHARTS, 89),
    Key("u", "screen.unit", "u", "x axis", "by steps, time or epochs", CHARTS, 94),
    Key(
        "M",
        "screen.median",
        "M",
        "median",
        "running median of 10 or 100 steps, or none",
        CHARTS,
        93,
    ),
    Key("tab", "screen.panel(1)", "tab", "one or both", "both charts, or one", CHARTS, 92),
    Key("shift+tab", "screen.panel(-1)", "shift+tab", "one or both", "the same backwards", CHARTS),
)
"""Keys of the screen that `C` opens, where it has its own; all others but those of the layers do there
what they always do."""

REMEDIES = Key(
    "",
    "",
    "1-9",
    "remedy",
    "treat the run with a remedy of the scenario, or stop",
    "The run",
    88,
    modes=LAB,
)

ELSEWHERE: dict[str, tuple[tuple[Mode, ...], str]] = {
    "neighbour": (LAB, "There is one run here; scenarios are in the lab: gradtui launch."),
    "picker": (LAB, "There is one run here; scenarios are in the lab: gradtui launch."),
    "restart": (LAB, "A recorded run cannot be started again from here."),
    "reseed": (LAB, "A recorded run cannot be started again from here."),
    "remedy": (LAB, "Remedies can be tried in the lab; what to do here is among the findings."),
    "compare": (LAB, "There is no other run to compare with here."),
    "hold_training": (RECORD, "Space pauses here."),
    "record_all": (RECORD, "There is no recording to be changed here."),
    "stop_training": (RECORD, "There is no training of another program here."),
    "pace": (PLAYED, "Training goes at its own pace here; space holds the view."),
}
"""Action -> where it means something, and the sentence for those who ask elsewhere."""


def keys_of(mode: Mode) -> tuple[Key, ...]:
    """The keys that mean something."""
    return tuple(key for key in KEYS if mode in key.modes)


def bindings() -> Iterator[Binding]:
    """What Textual needs: every key in every mode, as those without a meaning answer with a
    sentence. The footer is our own, so none asks to be shown."""
    for keys, action in dict.fromkeys((key.keys, key.action) for key in KEYS):
        yield Binding(keys, action, "", show=False)
    for number in range(1, 10):
        yield Binding(str(number), f"remedy({number - 1})", "", show=False)


def chart_bindings() -> Iterator[Binding]:
    """Those of the charts in full size: its own keys, and of the app's all that these leave."""
    own = {name for key in CHART_KEYS for name in key.keys.split(",")}
    layers = {key.action for key in KEYS if key.group == "Layers"}
    for binding in bindings():
        free = [key for key in binding.key.split(",") if key not in own]
        if free and binding.action not in layers:
            yield Binding(",".join(free), f"app.{binding.action}", "", show=False)
    yield from plain_bindings(CHART_KEYS)


def chart_footer_keys(mode: Mode) -> tuple[Key, ...]:
    """The footer of that screen: its own keys, before the few of the app that go on meaning something."""
    kept = {
        "quit",
        "help",
        "escape",
        "pause",
        "charts",
        "log_scale",
        "alarm",
        "next_theme",
        "export",
    }
    back = [replace(key, weight=98) for key in keys_of(mode) if key.action == "escape"]
    app = [key for key in keys_of(mode) if key.action in kept]
    return by_weight((*CHART_KEYS, *back, *app))


def footer_keys(mode: Mode) -> tuple[Key, ...]:
    """The footer's keys, the most useful first."""
    return by_weight((*keys_of(mode), *_remedies(mode)))


def layer_footer_keys(mode: Mode) -> tuple[Key, ...]:
    """The footer's keys while one layer is shown: its own, and those of all layers that have a meaning."""
    taken = {name for key in LAYER_KEYS for name in key.keys.split(",")}
    ours = tuple(key for key in LAYER_KEYS if key.weight)
    rest = (key for key in footer_keys(mode) if not taken & set(key.keys.split(",")))
    return (*ours, *(key for key in rest if key.group not in ("Layers", "Panes")))


def help_keys(mode: Mode) -> tuple[Key, ...]:
    """The keys that help explains, group by group."""
    return (*keys_of(mode), *_remedies(mode), *CHART_KEYS)


def _remedies(mode: Mode) -> tuple[Key, ...]:
    return (REMEDIES,) if mode in REMEDIES.modes else ()


RUN_KEYS_OVER_PANELS: tuple[Binding, ...] = tuple(
    Binding(key, f"go_on('{action}')", show=False)
    for key, action in (
        ("n", "neighbour(1)"),
        ("p", "neighbour(-1)"),
        ("s", "picker"),
        ("r", "restart"),
    )
)
"""While text lies over the main screen: it is closed, and they do what they always do."""
