"""The help: every key, and how to read the screen."""

from textual.content import Content

from gradtui.tui.keys import KEYS, REMEDIES
from gradtui.tui.screens.text import TextScreen

LEGEND = (
    "Each row is a layer, the input's side first. Its bar is log10 of the L2 norm of its gradient, "
    "before clipping, on a fixed scale; the healthy band is marked on it. Beside it are its number "
    "and the norm's history. NaN and inf are written as such and never left out.\n\n"
    "A verdict is an opinion derived from the numbers; its evidence stands beside it. A remedy "
    "restarts the run from the same seed and the same batches; the untreated run stays as a "
    "reference."
)


def help_screen() -> TextScreen:
    """The keys by group, from the one table that they are bound by."""
    parts: list[tuple[str, str]] = [(LEGEND, "$foreground")]
    keys = (*KEYS, REMEDIES)
    for group in dict.fromkeys(key.group for key in keys):
        parts.append((f"\n\n{group}\n", "bold $primary"))
        rows = [key for key in keys if key.group == group]
        for key in rows:
            parts.append((f"\n  {key.shown:<10}", "bold"))
            parts.append((key.help, "$foreground"))
    return TextScreen("help", Content.assemble(*parts), "help")
