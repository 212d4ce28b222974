"""The footer: as many keys as fit, the most useful first, each of them clickable."""

from collections.abc import Sequence

from textual import events
from textual.content import Content
from textual.style import Style
from textual.widget import Widget

from gradtui.app.key_bindings import Key


def fitting(keys: Sequence[Key], width: int) -> list[Key]:
    """Those of `keys` (the most useful first) that fit in `width` cells, in that order."""
    out: list[Key] = []
    left = width
    for key in keys:
        need = len(key.shown) + len(key.short) + 3
        if need <= left:
            out.append(key)
            left -= need
    return out


class KeyBar(Widget):
    """One line; drawn again only when the width changes."""

    DEFAULT_CSS = """
    KeyBar { height: 1; background: $surface; color: $quiet; }
    """
    ALLOW_SELECT = False

    def __init__(self, keys: Sequence[Key]) -> None:
        """`keys`: the most useful first."""
        super().__init__()
        self._keys = keys

    def render(self) -> Content:
        parts: list[Content | tuple[str, str | Style]] = []
        for key in fitting(self._keys, self.size.width):
            parts.append((f" {key.shown}", "bold $primary"))
            parts.append((f" {key.short} ", "$quiet"))
        return Content.assemble(*parts)

    def key_at(self, x: int) -> Key | None:
        """The key drawn at a column."""
        for key in fitting(self._keys, self.size.width):
            x -= len(key.shown) + len(key.short) + 3
            if x < 0:
                return key
        return None

    async def on_click(self, event: events.Click) -> None:
        key = self.key_at(event.x)
        if key is not None and key.action:
            await self.app.run_action(key.action)
