"""Where an axis is labelled, and where a value stands on it. axes.js does the same when it is zoomed."""

import sys
from dataclasses import dataclass
from math import ceil, floor, isfinite, log10

from gradtui.app.render.number import reading, step_label

UNITS = 1000
"""Of a drawing's width and height; y counts from the top."""
MARGIN = 0.06
"""Of the range of values, above and below."""
SHORT = 2.5
"""Decades up to which there is a label between two of them."""
LARGEST = 308.2
"""Decades of the largest float, nearly."""
Tick = tuple[float, str]
"""(place from 0 to 1 along the axis, label)"""


@dataclass(frozen=True, slots=True)
class Axis:
    """From `low` to `high`; of a logarithmic axis these are log10 of the values."""

    low: float
    high: float
    log: bool = False

    def place(self, value: float) -> float:
        """From 0 at `low` to 1 at `high`; what is not on a logarithmic axis stands at its lower end."""
        if self.log:
            value = log10(value) if value > 0 else self.low
        # Halves: a range of floats need not be one itself.
        return (value / 2 - self.low / 2) / (self.high / 2 - self.low / 2)

    def y(self, value: float) -> int:
        """In units from the top."""
        return round(UNITS * (1 - min(max(self.place(value), 0.0), 1.0)))


def axis_of(values: list[float], *, log: bool) -> Axis:
    """An axis that has all values on it."""
    found = [log10(v) for v in values if v > 0] if log else [v for v in values if isfinite(v)]
    low, high = (min(found), max(found)) if found else (0.0, 1.0)
    if high - low <= 1e-12 * max(abs(low), abs(high)):
        wide = 0.5 if log else 0.5 * abs(low) or 0.5
        low, high = low - wide, high + wide
    spare = MARGIN * (high / 2 - low / 2) * 2
    if log:
        return Axis(low - spare, min(high + spare, LARGEST), log)
    most = sys.float_info.max
    return Axis(max(low - spare, -most), min(high + spare, most), log)


def loss_is_log(values: list[float]) -> bool:
    """Whether a curve begins on a logarithmic axis: its values are positive and far apart."""
    return bool(values) and min(values) > 0 and max(values) / min(values) >= 10


def ticks(axis: Axis, most: int = 5) -> list[Tick]:
    """At round numbers, at most about `most`."""
    if not axis.log or axis.high - axis.low < 1:
        return [(at, label) for at, label in _linear(axis, most) if 0 <= at <= 1]
    stride = max(ceil((axis.high - axis.low) / most), 1)
    first = ceil(axis.low / stride) * stride
    if axis.high - axis.low < SHORT:
        values = [
            times * 10.0**decade
            for decade in range(first - 1, min(first + 4, int(LARGEST)))
            for times in (1, 3)
        ]
        places = [(axis.place(value), reading(value)) for value in values]
        return [(at, label) for at, label in places if 0 <= at <= 1]
    return [
        ((decade - axis.low) / (axis.high - axis.low), _decade(decade))
        for decade in range(first, floor(axis.high) + 1, stride)
    ]


def _linear(axis: Axis, most: int) -> list[Tick]:
    low, high = (10**axis.low, 10**axis.high) if axis.log else (axis.low, axis.high)
    step = _round_step((high / most) - (low / most))
    first = ceil(low / step)
    values = [number * step for number in range(first, first + most + 3)]
    return [
        (axis.place(value), reading(0.0 if abs(value) < step / 2 else value)) for value in values
    ]


def _round_step(rough: float) -> float:
    """The next of 1, 2, 5, 10, ... times a power of ten."""
    size = 10.0 ** floor(log10(rough)) if rough > 0 else 1.0
    return next(size * times for times in (1, 2, 5, 10) if size * times >= rough * (1 - 1e-9))


def _decade(decade: int) -> str:
    return {-1: "0.1", 0: "1", 1: "10", 2: "100"}.get(decade, f"1e{decade}")


def step_ticks(last: int, most: int = 8) -> list[Tick]:
    """Of the steps from 0 to `last`."""
    stride = max(round(_round_step(last / most)), 1) if last > 0 else 1
    return [(step / max(last, 1), step_label(step)) for step in range(0, last + 1, stride)]
