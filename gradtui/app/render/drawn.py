"""Which rows of the depth axis need drawing again."""

from collections.abc import Callable, Hashable

from gradtui.app.render.history import Columns
from gradtui.app.render.line import Line


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
