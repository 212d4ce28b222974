"""Curves on a grid of cells: a line over the range from minimum to maximum, spikes that are cut off as
arrows, what is not finite as a wall."""

from copy import copy
from itertools import pairwise

import numpy as np

from gradtui.app.render.canvas import polyline
from gradtui.app.render.history import spread
from gradtui.app.render.line import Piece
from gradtui.app.render.series import Series
from gradtui.app.render.trace import Point, Trace
from gradtui.core.layout import BoolArray, FloatArray

APART = 6
"""Cells between two marks of a curve, at least."""
GAP = 8.0
"""Cells without any value over which no range is drawn."""


class Grid:
    """Cells of a canvas, and the limits of what is drawn on it: `limits` are log10 of values on a `log`
    axis."""

    def __init__(
        self,
        cells: int,
        lines: int,
        limits: tuple[float, float],
        *,
        log: bool,
        ascii_only: bool,
        braille: bool,
    ) -> None:
        self.cells, self.limits, self.log = cells, limits, log
        self.ascii_only, self.braille = ascii_only, braille
        self.rows: list[list[Piece]] = [[(" ", "")] * cells for _ in range(lines)]

    def copy(self) -> "Grid":
        """Another one with the same on it."""
        out = copy(self)
        out.rows = [list(row) for row in self.rows]
        return out

    def draw(self, drawn: Trace, meaning: str, *, marked: bool = False) -> None:
        """A curve over its range; some points are marks as well, where that is wanted."""
        # The compared curve has one shade, in which its line goes through all extremes.
        same = meaning == "reference" and not drawn.smooth
        self.draw_range(drawn, meaning if same else "quiet")
        self.draw_line(drawn, meaning, marked=marked)

    def draw_range(self, drawn: Trace, shade: str) -> None:
        """From the smallest to the largest value of each column, where these are not the line itself."""
        if not (drawn.series.crowded or drawn.smooth):
            return
        low, high = (on_axis(part, log=self.log) for part in drawn.series[:2])
        x = self._columns(drawn)
        # Down and up in turn, so that the line between two columns does not cross them twice.
        both = np.stack([low, high], axis=1)
        both[1::2] = both[1::2, ::-1]
        for part in _without_gaps(x, ~np.isnan(low)):
            self._paint(np.repeat(x[part], 2), both[part].reshape(-1), shade)

    def draw_line(self, drawn: Trace, meaning: str, *, marked: bool = False) -> None:
        """The line of a curve, and arrows where its range goes beyond the axis."""
        low, high = (on_axis(part, log=self.log) for part in drawn.series[:2])
        line, x = on_axis(drawn.line, log=self.log), self._columns(drawn)
        self._paint(*self._led(x, line, drawn), meaning)
        if marked:
            there = np.flatnonzero(np.isfinite(line))
            there = there[:: max(-(-APART * len(there) // self.cells), 1)]
            self._mark(x[there], line[there], mark(self.ascii_only), meaning)
        up, down = ("^", "v") if self.ascii_only else ("▲", "▼")
        for i in x[high > self.limits[1] + 1e-9].astype(int).tolist():
            self.rows[0][i] = (up, "explode")
        for i in x[low < self.limits[0] - 1e-9].astype(int).tolist():
            self.rows[-1][i] = (down, "vanish")

    def _columns(self, drawn: Trace) -> FloatArray:
        """[columns] where each stands, in cells."""
        # Fewer columns than cells are those of a run that is over: from edge to edge.
        count = len(drawn.line)
        apart = (self.cells - 1) / max(count - 1, 1)
        out: FloatArray = np.arange(count, dtype=np.float64) * apart + 0.5
        return out

    def sign(self, drawn: Trace, sign: str, meaning: str, *, first: int, each: int) -> None:
        """The sign of a curve on its points nearest to every so many cells from the `first` on: so those of
        several curves stand beside one another where the curves do not part."""
        line = on_axis(drawn.line, log=self.log)
        there = np.flatnonzero(np.isfinite(line))
        if not len(there):
            return
        x = there * ((self.cells - 1) / max(len(line) - 1, 1)) + 0.5
        wanted = np.arange(first, self.cells, each) + 0.5
        nearest = np.abs(x[None, :] - wanted[:, None]).argmin(axis=1)
        near = nearest[np.abs(x[nearest] - wanted) <= each / 2]
        at = np.unique(near if len(near) else nearest[:1])
        self._mark(x[at], line[there[at]], sign, meaning)

    def _led(self, x: FloatArray, line: FloatArray, drawn: Trace) -> tuple[FloatArray, FloatArray]:
        """The line from edge to edge, where it comes from outside and goes on there."""
        there = np.flatnonzero(np.isfinite(line))
        inner = (
            [(float(x[i]), float(line[i])) for i in there[[0, -1]].tolist()] if len(there) else []
        )
        before, after = (self._placed(point) for point in (drawn.before, drawn.after))
        first, last = (inner[0], inner[-1]) if inner else (after, before)
        broken = drawn.series.broken
        if (
            before
            and first
            and not (len(broken) and broken[: int(there[0]) if inner else None].any())
        ):
            x, line = np.append(0.0, x), np.append(_between(before, first, 0.0), line)
        if after and last and not (len(broken) and broken[int(there[-1]) if inner else 0 :].any()):
            edge = float(self.cells)
            x, line = np.append(x, edge), np.append(line, _between(last, after, edge))
        return x, line

    def _placed(self, point: Point | None) -> Point | None:
        if point is None:
            return None
        return point[0], float(on_axis(np.array([point[1]]), log=self.log)[0])

    def _paint(self, x: FloatArray, y: FloatArray, meaning: str) -> None:
        lines = polyline(
            x,
            y,
            x_limits=(0.0, float(self.cells)),
            y_limits=self.limits,
            width=self.cells,
            height=len(self.rows),
            ascii_only=self.ascii_only,
            braille=self.braille,
        )
        for row, text in zip(self.rows, lines, strict=True):
            for i, char in enumerate(text):
                if char != " ":
                    row[i] = (char, meaning)

    def _mark(self, x: FloatArray, y: FloatArray, sign: str, meaning: str) -> None:
        for column, value in zip(x.astype(int).tolist(), y.tolist(), strict=True):
            self.rows[self.row(value)][min(column, self.cells - 1)] = (sign, meaning)

    def row(self, value: float) -> int:
        """The row that is nearest to a value in units of the axis, inside of its limits."""
        low, high = self.limits
        value = min(max(value, low), high)
        return round((high / 2 - value / 2) / (high / 2 - low / 2) * (len(self.rows) - 1))

    def level(self, value: float) -> int | None:
        """A line across the canvas at a value, before any curve; the row that it is in, None where it lies
        outside of the limits."""
        if self.log and not value > 0:
            return None
        height = float(on_axis(np.array([value]), log=self.log)[0])
        if not self.limits[0] <= height <= self.limits[1]:
            return None
        row = self.row(height)
        self.rows[row][:] = [(self._dash, "quiet")] * self.cells
        return row

    def name_level(self, row: int, words: str) -> bool:
        """The name of a line, as far right as no curve was drawn over it; False where there is no room."""
        cells, free = self.rows[row], 0
        for end in range(self.cells, 0, -1):
            free = free + 1 if cells[end - 1] == (self._dash, "quiet") else 0
            if free == len(words) + 2:
                cells[end - 1 : end - 1 + free] = [(char, "quiet") for char in f" {words} "]
                return True
        return False

    @property
    def _dash(self) -> str:
        return "-" if self.ascii_only else "╌"

    def mark_broken(self, series: Series) -> None:
        """A vertical line and a word where a stretch of NaN or infinity begins, hatching along it."""
        wall, hatch = ("|", "!") if self.ascii_only else ("╎", "╱")
        begins = []
        broken = _by_cell(series.broken, self.cells)
        for i in np.flatnonzero(broken).tolist():
            if i > 0 and broken[i - 1]:
                self.rows[-1][i] = (hatch, "nonfinite")
                continue
            begins.append(i)
            for row in self.rows:
                row[i] = (wall, "nonfinite")
        word, free = "NaN/inf", 0
        for i in begins:
            start = i + 1 if i + 1 + len(word) <= self.cells else i - len(word)
            if start >= free:
                self.rows[0][start : start + len(word)] = [(char, "nonfinite") for char in word]
                free = start + len(word)

    def mark_where_broken(self, series: Series, sign: str, meaning: str, line: int) -> None:
        """Of one of several curves: a vertical line in its colour where a stretch of NaN or infinity begins,
        and its sign and the word on a line of its own."""
        wall = "|" if self.ascii_only else "╎"
        broken = _by_cell(series.broken, self.cells)
        begins = np.flatnonzero(broken & ~np.append(False, broken[:-1])).tolist()
        word, free = f"{sign}NaN", 0
        cells = self.rows[line % len(self.rows)]
        for i in begins:
            self.rule(i, wall, meaning)
            start = i if i + len(word) <= self.cells else i + 1 - len(word)
            if start >= free:
                cells[start : start + len(word)] = [(char, meaning) for char in word]
                free = start + len(word)

    def rule(self, cell: int, char: str, meaning: str, ground: str = "") -> None:
        """A vertical line at a cell; what stands there already is kept, on `ground` where one is given."""
        for row in self.rows:
            text, before = row[cell]
            if text == " ":
                row[cell] = (char, meaning)
            elif ground and " on " not in before:
                row[cell] = (text, f"{before or meaning} on {ground}")


def on_axis(values: FloatArray, *, log: bool) -> FloatArray:
    """log10 on a log axis, zero far below every limit."""
    if not log:
        return values
    with np.errstate(divide="ignore"):
        out: FloatArray = np.maximum(np.log10(values), -400.0)
    return out


def mark(ascii_only: bool) -> str:
    """What stands on a second curve."""
    return "*" if ascii_only else "◆"


def _without_gaps(x: FloatArray, there: BoolArray) -> list[slice]:
    """The columns in parts between which nothing is for long: a pause in time is no range of values."""
    at = np.flatnonzero(there)
    apart = np.diff(x[at])
    ends = np.flatnonzero((apart > GAP) & (apart > 4 * np.median(apart))) if len(at) > 1 else at[:0]
    edges = [0, *(at[ends] + 1).tolist(), len(x)]
    return [slice(begin, end) for begin, end in pairwise(edges)]


def _between(one: Point, other: Point, x: float) -> float:
    """The height at `x` of the line through two points."""
    if not other[0] > one[0]:
        return one[1]
    part = min(max((x - one[0]) / (other[0] - one[0]), 0.0), 1.0)
    return one[1] * (1 - part) + other[1] * part


def _by_cell(broken: BoolArray, cells: int) -> BoolArray:
    """[columns] -> [cells]: of several columns in a cell any."""
    if len(broken) <= cells:
        return np.asarray(broken[spread(len(broken), cells)])
    out = np.zeros(cells, np.bool_)
    apart = (cells - 1) / (len(broken) - 1)  # as they are drawn
    out[(np.flatnonzero(broken) * apart + 0.5).astype(np.int64)] = True
    return out
