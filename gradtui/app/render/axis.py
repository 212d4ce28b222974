"""Limits and ticks of a chart: one spike must not flatten the rest."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from math import ceil, floor, log10

import numpy as np

from gradtui.app.render.number import exact_label, exact_labels, step_label
from gradtui.core.layout import FloatArray

ROOM = 4.0
"""The axis takes in outliers until it would be this many times as long as the bulk needs."""

NARROW, CLOSE = 0.05, 0.002
"""Decades to which limits are rounded at the finest: of a small chart, in which noise must not look like a
mountain range, and of one in full size."""

FEW_DECADES = 4.0
"""Of a log axis, up to which there may be labels between them."""
COARSER = 4.0
"""Part of half of an axis that labels of round numbers are apart at first, where the usual ones do not do."""
LARGEST = 308.2
"""Decades beyond which there is no number."""


def robust_limits(values: FloatArray, *, log: bool, least: float = NARROW) -> tuple[float, float]:
    """(low, high) over finite values, rounded outwards so that they move seldom.

    `log`: the values are log10, limits are whole decades, or parts of one down to `least`.
    """
    if not values.size:
        return 0.0, 1.0
    values = np.clip(values, -1e307, 1e307)  # differences of larger ones overflow
    low, high = float(values.min()), float(values.max())
    inner_low, inner_high = (float(v) for v in np.percentile(values, (2, 98)))
    floor_span = 2 * least if log else max(abs(inner_high) * 1e-6, 1e-300)
    span = max(inner_high - inner_low, floor_span)
    if high - low > ROOM * span:
        low, high = max(low, inner_low - span / 2), min(high, inner_high + span / 2)
    if log:
        step = 1.0 if high - low > 3 else max(round_step((high - low) / 4), least)
    else:
        step = round_step((high - low) / 4 or abs(high) / 4 or 1.0)
    low, high = floor(low / step) * step, ceil(high / step) * step
    if high - low < step:
        low, high = low - step, high + step
    return low, high


def round_step(step: float) -> float:
    """The next of 1, 2, 5 times a power of ten."""
    if not step > 1e-300:
        return 1e-300
    size: float = 10.0 ** floor(log10(step))
    return next((k * size for k in (1.0, 2.0, 5.0) if step <= k * size), 10 * size)


def tick_labels(low: float, high: float, lines: int, *, log: bool) -> dict[int, str]:
    """{line from the top: label}: round numbers (1, 2, 5 times a power of ten), each at the line
    that is nearest to it, all as far from one another as lines allow; on a log axis whole decades, between
    them 2 and 5, or 3."""
    if lines < 1 or not high > low:
        return {}
    wanted, most = max(min((lines + 1) // 3, 5), 2), max(lines // 2 + 1, 2)
    first = _placed(_round_values(low, high, wanted, most, log), low, high, lines)
    if _even(first):
        return first
    for values in _coarser(low, high, log):
        found = _placed(values, low, high, lines)
        if 1 < len(found) == len(values) and _even(found):
            return found
    ends = sorted(first)
    return {line: first[line] for line in (ends[0], ends[-1])}


def _placed(
    values: Sequence[tuple[float, str]], low: float, high: float, lines: int
) -> dict[int, str]:
    """Each (place on the axis, label) at its line; of two at one line the first."""
    out: dict[int, str] = {}
    for value, label in values:
        line = round((high / 2 - value / 2) / (high / 2 - low / 2) * (lines - 1))
        if 0 <= line < lines and label not in out.values():
            out.setdefault(line, label)
    return out


def _even(placed: Iterable[int]) -> bool:
    """Whether lines are as far from one another, as far as one sees: 1 and 2, or 2 and 4, are not."""
    lines = sorted(placed)
    gaps = [after - before for before, after in pairwise(lines)]
    return not gaps or max(gaps) <= 1.5 * min(gaps)


def _coarser(low: float, high: float, log: bool) -> Iterator[list[tuple[float, str]]]:
    """Fewer and fewer (place on the axis, label) within the limits."""
    if log:
        if high - low < FEW_DECADES:
            yield _parts(low, high, (1, 3))
        yield _parts(low, high, (1,))
        if high > LARGEST or high - low > 1:
            return
        low, high = 10.0**low, 10.0**high
    step = round_step((high / 2 - low / 2) / COARSER)
    while len(values := multiples(low, high, step)) > 1:
        if log:
            yield [(log10(value), _short(value, step)) for value in values if value > 0]
        else:
            yield [(value, _short(value, step)) for value in values]
        step = round_step(1.5 * step)


def _parts(low: float, high: float, parts: tuple[int, ...]) -> list[tuple[float, str]]:
    """These parts of each decade of a log axis."""
    return [
        (decade + log10(part), _of_decade(decade, part))
        for decade in range(floor(low), ceil(high) + 1)
        for part in parts
        if low - 1e-9 <= decade + log10(part) <= high + 1e-9
    ]


def _round_values(
    low: float, high: float, wanted: int, most: int, log: bool
) -> list[tuple[float, str]]:
    """About `wanted` (place on the axis, label) within the limits."""
    if log and high - low < wanted - 1:
        inside = _parts(low, high, (1, 2, 5))
        if len(inside) >= 2:
            return inside
        if high > LARGEST:
            return inside
        values, step = _round(10.0**low, 10.0**high, wanted, most)
        return [(log10(value), _short(value, step)) for value in values if value > 0]
    values, step = _round(low, high, wanted, most, least=1.0 if log else 0.0)
    return [(value, _decade(value) if log else _short(value, step)) for value in values]


def _round(
    low: float, high: float, wanted: int, most: int, least: float = 0.0
) -> tuple[list[float], float]:
    """Multiples of a round step, and the step: `wanted` of them or more, but not above `most`
    where a coarser step gives two."""
    step = max(round_step(high / 2 - low / 2), least)
    found = multiples(low, high, step)
    for _ in range(12):
        if len(found) >= wanted or step <= least:
            break
        finer = max(_finer(step), least)
        more = multiples(low, high, finer)
        if len(more) > most and len(found) >= 2:
            break
        found, step = more, finer
    return found, step


def _finer(step: float) -> float:
    """The next smaller of 1, 2, 5 times a power of ten."""
    size = 10.0 ** floor(log10(step) + 1e-9)
    part = round(step / size)
    return size * {5: 2.0, 2: 1.0}.get(part, 0.5)


def multiples(low: float, high: float, step: float, most: int = 40) -> list[float]:
    """Those from `low` to `high`, no more than about `most`."""
    first = ceil(low / step - 1e-9)
    last = floor(high / step + 1e-9)
    return [number * step for number in range(first, min(last, first + most) + 1)]


def _of_decade(decade: int, part: int) -> str:
    if -4 < decade < 4:
        return f"{part * 10.0**decade:.4g}"
    return f"{part}e{decade}"


def _decade(log: float) -> str:
    if log == int(log):
        return f"{10.0**log:g}" if -4 < log < 4 else f"1e{int(log)}"
    if not -300 < log < 300:
        return f"1e{log:.0f}"
    return f"{10.0**log:.3g}" if -3 <= log < 3 else _exponential(10.0**log)


def _exponential(value: float) -> str:
    """At most seven cells: 2.7e4, -1e308."""
    for digits in (1, 0):
        text = f"{value:.{digits}e}".replace("e+0", "e").replace("e+", "e").replace("e-0", "e-")
        if len(text) <= 7:
            break
    return text


def _short(value: float, step: float) -> str:
    """As many digits as a step of the axis needs."""
    if abs(value) < step * 1e-9:
        return "0"
    if step >= 1e-4 and abs(value) < 1e5:
        digits = max(0, min(4, -floor(log10(step) + 1e-9)))
        return f"{value:.{digits}f}"[:7]
    return _exponential(value)


APART = 12
"""Cells from one label of the steps to the next, at least."""
CLOSEST = 6
"""The same on the narrowest axis of several that have the same labels: others have more room."""


def step_axis(
    first: int, last: int, used: float, cells: int, ground: str, coarsest: float = 0.0
) -> str:
    """`cells` characters of an axis on which the steps from `first` to `last` take the first `used`
    cells: round steps under their places, the last step at the end, in full where there is room.
    `coarsest` is how many steps a cell of a neighbour has at most: the axis has the labels of that one."""
    each = max(last - first, 1) / max(used - 1, 1.0)
    end = min(max(round(used), 1), cells)
    full = exact_label(last)
    label = full if 2 * len(full) <= cells else step_label(last)
    ticks = round_steps(first, last, coarsest or each, CLOSEST if coarsest else APART)
    if coarsest:  # those that have no room there before the last one have none here
        ticks = [
            (value, text)
            for value, text in ticks
            if last - value >= (len(label) + len(text) + 1) * coarsest
        ]
    places = [(int((value - first) / each), text) for value, text in ticks]
    return labelled(places, cells, ground, (end, label))


def round_steps(first: int, last: int, each: float, apart: int = APART) -> list[tuple[int, str]]:
    """(step, label) of round steps, so far apart that the labels have room; `each` is the steps of a
    cell."""
    room = max(apart, len(exact_label(last)) + 3)
    step = max(round_step(room * each), 1.0)
    values = [int(value) for value in multiples(first, last, step)]
    return list(zip(values, exact_labels(values), strict=True))


def labelled(
    ticks: Sequence[tuple[int, str]], cells: int, ground: str, last: tuple[int, str] | None = None
) -> str:
    """`cells` characters with each label begun at its cell, where there is room. `last` is (cell behind
    it, label), and stands before all others."""
    marks = [ground] * max(cells, 0)
    limit, free, ending = cells, 0, ""
    if last is not None and len(last[1]) <= cells:
        end, ending = last
        start = min(max(end - len(ending), 0), cells - len(ending))
        marks[start : start + len(ending)] = ending
        limit = start - 1
    for at, text in ticks:
        if free <= at and at + len(text) <= limit and text != ending:
            marks[at : at + len(text)] = text
            free = at + len(text) + 1
    return "".join(marks)
