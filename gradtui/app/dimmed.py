"""The screen below a panel, dimmed at little cost."""

from functools import lru_cache

from rich.segment import Segment
from rich.style import Style as RichStyle
from textual.color import Color
from textual.css.styles import RulesMap
from textual.renderables.background_screen import BackgroundScreen
from textual.strip import Strip
from textual.style import Style
from textual.visual import RenderOptions, Visual

STYLES = 4096
"""Styles that are remembered; a screen has some tens of them."""


@lru_cache(STYLES)
def _dimmed(style: RichStyle, tint: Color) -> RichStyle:
    """`style` as Textual tints it: without links and without what belongs to widgets."""
    (dimmed,) = BackgroundScreen.process_segments((Segment("", style),), tint)
    return dimmed.style or RichStyle()


class DimmedScreen(Visual):
    """The same picture as Textual's `BackgroundScreen`, which works out the colours of each piece of
    text anew, several times for a panel that opens: much of the time from the key to the panel."""

    def __init__(self, below: BackgroundScreen) -> None:
        self._screen, self._tint = below.screen, below.color

    def render_strips(
        self, width: int, height: int | None, style: Style, options: RenderOptions
    ) -> list[Strip]:
        tint, none, base = self._tint, RichStyle(), style.rich_style
        out = []
        for strip in self._screen._compositor.render_strips()[:height]:
            pieces = [Segment(text, base + _dimmed(own or none, tint)) for text, own, _ in strip]
            out.append(Strip(pieces, strip.cell_length).crop(0, width))
        return out

    def get_optimal_width(self, rules: RulesMap, container_width: int) -> int:
        return int(self._screen.size.width)

    def get_height(self, rules: RulesMap, width: int) -> int:
        return int(self._screen.size.height)
