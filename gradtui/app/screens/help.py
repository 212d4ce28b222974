"""The help: every key, and how to read the screen."""

from collections.abc import Sequence

from textual.content import Content

from gradtui.app.key_bindings import CHARTS, LAYER_KEYS, Key, help_keys
from gradtui.app.screens.text import TextScreen
from gradtui.app.watched_run import Mode

LEGEND = (
    "Each row is a layer, the input's side first. Its bar is log10 of the L2 norm of its gradient, "
    "before clipping, on a fixed scale; the healthy band is marked on it. Beside it are its number "
    "and the norm's history. NaN and inf are written as such and never left out. A mark ╋ is the norm "
    "that theory predicts from the weights alone, where their net is a plain stack.\n\n"
    "A verdict is an opinion derived from the numbers; its evidence stands beside it. "
)
CHARTS_LEGEND = (
    "The vertical line is the cursor; the line above the charts has the values of its step. A dotted one is "
    "the step that the rest of the screen shows, where that is another. A column is a range, from its "
    "smallest to its largest value, with the mean or the running median as a line over it; ▲ and ▼ are "
    "beyond the axis, a dashed wall is NaN or inf. The wheel zooms at the pointer, dragging moves, a click "
    "looks at a step."
)
IN_ASCII = str.maketrans("◆╋▲▼", "*+^v")
LOGGED = (
    " A validation loss that the program logs is a line with marks ◆ over the loss; m lists all that "
    "it logs."
)
MORE: dict[Mode, str] = {
    "lab": "A remedy starts the run's twin from the same seed on the same batches. It catches up with "
    "the untreated run, then both train step by step; the untreated one is a mark ◆ on every bar, at "
    "the same step, and a line in every chart. The remedy's key again goes back to it.",
    "run": "Space holds the view alone; only P and . hold training. Quitting asks whether training "
    "shall end with it or go on in the background." + LOGGED,
    "attach": "Space holds the view alone; only P and . hold training. Quitting leaves it be."
    + LOGGED,
    "replay": "Time is the recording's: the arrows and brackets move in it, a goes to the first "
    "alarm, space plays." + LOGGED,
}


def help_screen(mode: Mode, ascii_only: bool = False, *, charts: bool = False) -> TextScreen:
    """The keys by group, from the one table that they are bound by; of the `charts` in full size those
    first."""
    text = LEGEND + MORE[mode]
    keys = (*help_keys(mode), *LAYER_KEYS)
    if charts:
        text = CHARTS_LEGEND
        keys = tuple(sorted(keys, key=lambda key: key.group != CHARTS))
    return keys_screen(text.translate(IN_ASCII) if ascii_only else text, keys)


def keys_screen(text: str, keys: Sequence[Key]) -> TextScreen:
    """A text, and keys by group below it."""
    parts: list[tuple[str, str]] = [(text, "$foreground")]
    for group in dict.fromkeys(key.group for key in keys):
        parts.append((f"\n\n{group}\n", "bold $primary"))
        rows = [key for key in keys if key.group == group]
        for key in rows:
            parts.append((f"\n  {key.shown:<10}", "bold"))
            parts.append((key.help, "$foreground"))
    return TextScreen("help", Content.assemble(*parts), "help")
