"""Which rows of the depth axis need drawing again."""

from collections.abc import Callable, Hashable

from rich.cells import cell_len

from gradtui.app.render.history import Columns
from gradtui.app.render.line import Line
from gradtui.app.render.text import safe, to_ascii
from gradtui.core.layout import Layout


class Drawn:
    """Rows as they were last drawn.

    Nobody reads digits ten times a second, and repainting a row costs bytes from its left edge on.
    So a row is drawn again when its state changes or its norm moves by more than `JUMP` decades,
    and all rows are when the owner says `clear`, which it does now and then.
    """

    JUMP = 0.3

    def __init__(self) -> None:
        self.columns = Columns()
        self.kept = False
        """Something drawn since `clear` is older than the view it was drawn for."""
        self._rows: dict[Hashable, tuple[object, float, Line]] = {}
        self._named: tuple[Layout | None, bool] = (None, False)
        self._names: tuple[list[str], int] = ([], 0)

    def names(self, layout: Layout, ascii_only: bool) -> tuple[list[str], int]:
        """[rows] names that are safe to print, and the cells of the widest: made once for a layout."""
        if self._named[0] is not layout or self._named[1] != ascii_only:
            names = [safe(row.name) for row in layout.rows]
            names = [to_ascii(name) for name in names] if ascii_only else names
            self._named = layout, ascii_only
            self._names = names, max(map(cell_len, names), default=0)
        return self._names

    def clear(self) -> None:
        self._rows.clear()
        self.kept = False

    def get(self, row: Hashable, key: object, log: float, draw: Callable[[], Line]) -> Line:
        """A row whose look depends on `key` (state, selection, widths) and on the log of its norm."""
        drawn = self._rows.get(row)
        if drawn is not None and drawn[0] == key and abs(log - drawn[1]) <= self.JUMP:
            self.kept = True
            return drawn[2]
        line = draw()
        self._rows[row] = (key, log, line)
        return line
