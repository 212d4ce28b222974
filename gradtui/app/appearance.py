"""How the app is dressed: its theme, and what every terminal's font can draw."""

from typing import Any, ClassVar

from textual.app import App
from textual.scrollbar import ScrollBar, ScrollBarRender

from gradtui.app.no_color import leave_out_colours
from gradtui.app.sixteen_colours import SIXTEEN
from gradtui.app.themes import DEFAULT, MONO, THEMES
from gradtui.core.errors import UsageError
from gradtui.core.text import printable


def theme_called(name: str) -> str:
    """The full name of a theme; "light" does for "gradtui-light"."""
    names = [theme.name for theme in THEMES]
    for known in names:
        if name in (known, known.removeprefix("gradtui-")):
            return known
    raise UsageError(f"there is no theme {printable(name)!r}; there are {', '.join(names)}.")


class WholeCells(ScrollBarRender):
    """A scroll bar without eighths of cells, which not every font has."""

    VERTICAL_BARS: ClassVar[list[str]] = [" "]
    HORIZONTAL_BARS: ClassVar[list[str]] = [" "]


def dress(app: App[Any], theme: str | None, ascii_only: bool, *, few: bool = False) -> None:
    """Themes, the one asked for put on; under NO_COLOR the one that needs no colours. `few`: the terminal has
    sixteen colours."""
    for known in SIXTEEN if few else THEMES:
        app.register_theme(known)
    ScrollBar.renderer = WholeCells
    if app.no_color:
        leave_out_colours(app)
    app.theme = theme_called(theme) if theme else MONO.name if app.no_color else DEFAULT
    if ascii_only:
        app.add_class("-ascii")
