"""NO_COLOR: the terminal's own colours and nothing else; what is marked by its ground is reversed."""

from functools import lru_cache
from typing import Any

from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.color import Color
from textual.filter import LineFilter, Monochrome, NoColor

MARKED = 0.25
"""How much a ground must differ in brightness from the screen's to be reversed."""


class Colourless(LineFilter):
    """Bold, underlined, italic and reversed text remain."""

    def __init__(self, app: App[Any]) -> None:
        super().__init__()
        self._app = app

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        # `background` is the widget's own, which may be what marks it.
        screen = brightness(self._app.theme_variables["background"])
        return [Segment(text, colourless(style, screen), None) for text, style, _ in segments]


@lru_cache(64)
def brightness(colour: str) -> float:
    return Color.parse(colour).brightness


@lru_cache(1024)
def colourless(style: Style | None, screen: float) -> Style:
    """A style without colours, reversed where its ground is not the screen's."""
    if style is None:
        return Style.null()
    reverse = bool(style.reverse) or _marked(style, screen)
    return Style(
        bold=style.bold, italic=style.italic, underline=style.underline, reverse=reverse or None
    )


def _marked(style: Style, screen: float) -> bool:
    if style.bgcolor is None or style.bgcolor.is_default:
        return False
    return abs(Color.from_rich_color(style.bgcolor).brightness - screen) > MARKED


def leave_out_colours(app: App[Any]) -> None:
    """Replace what Textual does about NO_COLOR: it sends greys."""
    kept = [f for f in app._filters if not isinstance(f, (Monochrome, NoColor))]
    app._filters[:] = [*kept, Colourless(app)]
