"""Lines of (text, meaning) on a scrolling surface.

`_draw` asks the pure side for lines, compares them with those on screen, and repaints only the cells
that changed: what keeps ten frames a second cheap over ssh.
"""

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollBarRender
from textual.strip import Strip

from gradtui.app.meaning_styles import meaning_style
from gradtui.app.render.line import Line, sized
from gradtui.app.widgets.changes import changed_until


class PlainScrollBar(ScrollBarRender):
    """Background colour alone: right in ASCII too, and repainted less often."""

    VERTICAL_BARS: ClassVar[list[str]] = [" "] * 8


class LineSurface(ScrollView, inherit_bindings=False, can_focus=False):
    """Draws `make_lines(width, height)`. Keys belong to the app, so it binds and focuses none."""

    DEFAULT_CSS = """
    LineSurface {
        background: $background;
        color: $foreground;
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        scrollbar-color: $panel;
        scrollbar-color-hover: $primary;
        scrollbar-color-active: $primary;
        scrollbar-background: $background;
        scrollbar-background-hover: $background;
        scrollbar-background-active: $background;
    }
    """
    ALLOW_SELECT = False
    PINNED: ClassVar[int] = 0
    """How many of the first lines stay while the others scroll under them."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: tuple[Line, ...] = ()
        self._strips: dict[Line, Strip] = {}
        self._styles: dict[str, Style] = {}
        """Looked up through the whole tree of widgets otherwise, which costs more than drawing."""

    def make_lines(self, width: int, height: int) -> Sequence[Line]:
        """All lines of the widget, also those scrolled out of sight."""
        raise NotImplementedError

    def _draw(self) -> None:
        """Make the lines anew; only what differs is repainted."""
        if not self.is_attached or not self.size:
            return
        width, height = self.scrollable_content_region.size
        old, new = self._lines, self._made()
        self._lines = new
        if len(new) != len(old) or self.virtual_size != (width, len(new)):
            self._strips.clear()
            self.virtual_size = Size(width, len(new))
            self.refresh()
            return
        top = self.scroll_offset.y
        dirty = []
        for y in range(min(height, len(new) - top)):
            at = y if y < self.PINNED else y + top
            if new[at] != old[at]:
                dirty.append(Region(0, y, changed_until(old[at], new[at]), 1))
        if dirty:
            if len(self._strips) > 4 * max(height, len(new)):
                self._strips.clear()
            self.refresh(*dirty)

    def _made(self) -> tuple[Line, ...]:
        width, height = self.scrollable_content_region.size
        blank = sized((), width)
        return tuple(
            sized(line, width) if line else blank for line in self.make_lines(width, height)
        )

    def render_lines(self, crop: Region) -> list[Strip]:
        # The first picture is asked for before the widget is told of its size.
        if not self._lines and self.size:
            self._lines = self._made()
        return super().render_lines(crop)

    def on_mount(self) -> None:
        # Textual runs the base class's handler too.
        setattr(self.vertical_scrollbar, "renderer", PlainScrollBar)  # noqa: B010

    def on_resize(self) -> None:
        self._draw()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._strips.clear()
        self._styles.clear()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        at = y if y < self.PINNED else y + self.scroll_offset.y
        if at >= len(self._lines):
            return Strip.blank(width, self.style_of(""))
        line = self._lines[at]
        strip = self._strips.get(line)
        if strip is None:
            strip = Strip([Segment(text, self.style_of(meaning)) for text, meaning in line])
            self._strips[line] = strip
        return strip.crop_extend(0, width, self.style_of(""))

    def style_of(self, meaning: str) -> Style:
        """The look of a meaning under the theme in force."""
        style = self._styles.get(meaning)
        if style is None:
            style = self.rich_style + meaning_style(self.app, meaning)
            self._styles[meaning] = style
        return style
