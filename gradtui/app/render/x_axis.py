"""Labels along a chart: round steps, round times, whole epochs."""

from math import floor, inf, log10

from gradtui.app.render.axis import APART, labelled, multiples, round_step, step_axis
from gradtui.app.render.history import stride_for
from gradtui.app.render.x_scale import Unit, XScale, epoch_steps, extent_of
from gradtui.app.view import OVER, View

LEAST = 1e-6
"""Of a second, or of an epoch: the smallest distance of two labels."""
MOST = 200
"""Labels."""
SECOND, MINUTE, HOUR, DAY = 1.0, 60.0, 3600.0, 86400.0
ROUND_TIMES = (
    *(part * SECOND for part in (1, 2, 5, 10, 20, 30)),
    *(part * MINUTE for part in (1, 2, 5, 10, 20, 30)),
    *(part * HOUR for part in (1, 2, 3, 6, 12)),
    *(part * DAY for part in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)),
)


def x_axis(scale: XScale, unit: Unit, view: View, ground: str) -> str:
    """As many characters as the scale has cells."""
    if unit == "time" and scale.clock is not None:
        return labelled(times(scale), scale.cells, ground)
    each = epoch_steps(view.info, view.info.steps if view.info is not None else 0)
    if unit == "epoch" and each:
        return labelled(_epochs(scale, each), scale.cells, ground)
    first, last = int(scale.low), scale.last
    coarsest = neighbours_cell(view)
    return step_axis(first, last, used_cells(scale), scale.cells, ground, coarsest)


def neighbours_cell(view: View) -> float:
    """Steps of a cell of that of the axes in sight which has the most of them; 0 where there is one alone."""
    charts, heat = view.axes
    if view.facts is None or not len(view.facts) or len(charts) + (heat > 0) < 2:
        return 0.0
    first, last = extent_of(view)
    span, fine = max(last - first, 1), 2 if view.braille else 1
    if view.state in OVER:
        return max(span / max(cells - 1, 1) for cells in (*charts, heat) if cells)
    every = [(cells, fine) for cells in charts] + [(heat, 1)] * (heat > 0)
    return max(_growing_cell(span, cells, columns) for cells, columns in every)


def _growing_cell(span: int, cells: int, fine: int) -> float:
    """Steps of a cell of `fine` columns on an axis with room for steps to come."""
    taken = span // stride_for(span + 1, cells * fine) + 1
    return span / max(taken / fine - 1, 1.0)


def used_cells(scale: XScale) -> float:
    """Cells up to the last step that is seen."""
    if scale.used < scale.cells:
        return scale.used
    return (scale.last - scale.low) / scale.width * scale.apart + 1


def times(scale: XScale) -> list[tuple[int, str]]:
    """(cell, label) of times since the first step."""
    assert scale.clock is not None
    low, high = scale.low, float(scale.clock.at(float(scale.last)))
    step = round_time(APART * scale.per_cell)
    return [(_cell(scale, at), time_label(at, step)) for at in multiples(low, high, step, MOST)]


def _epochs(scale: XScale, each: float) -> list[tuple[int, str]]:
    """(cell, label) of epochs that were over by then."""
    low, high = scale.low / each, scale.last / each
    step = round_step(max(APART * scale.per_cell / each, LEAST))
    return [(_cell(scale, at * each), f"{at:.6g}") for at in multiples(low, high, step, MOST)]


def _cell(scale: XScale, x: float) -> int:
    return int((x - scale.low) / scale.width * scale.apart + 0.5)


def round_time(seconds: float) -> float:
    """The next round time: below a second 1, 2, 5 times a power of ten, then 10 s, 1 min, 5 min, 1 h, 6 h,
    1 d and what lies between."""
    if seconds <= SECOND / 2:
        return round_step(max(seconds, LEAST))
    return next((each for each in ROUND_TIMES if seconds <= each), DAY * round_step(seconds / DAY))


def time_label(at: float, step: float) -> str:
    """A time in the largest unit that says it in a whole number, in two units where none does: "30 s",
    "1:30", "5 min", "1 h", "1:05 h", "2 d", "1 d 12 h". `step`: the distance of two of them."""
    if step < SECOND:
        digits = max(-floor(log10(step) + 1e-9), 0)
        return f"{at:.{digits}f} s" if round(at, digits) else "0"
    whole = round(at)
    if not whole:
        return "0"
    for size, word, below in ((DAY, "d", inf), (HOUR, "h", DAY), (MINUTE, "min", HOUR)):
        if whole % size == 0 and whole < below:
            return f"{whole / size:.0f} {word}"
    if whole < MINUTE:
        return f"{whole} s"
    minutes, seconds = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    if not hours:
        return f"{minutes}:{seconds:02}"
    if seconds:
        return f"{hours}:{minutes:02}:{seconds:02}"
    days, hours = divmod(hours, 24)
    if not days:
        return f"{hours}:{minutes:02} h"
    return f"{days} d {hours} h" if not minutes else f"{days} d {hours}:{minutes:02} h"
