"""Limits and ticks of a chart: one spike must not flatten the rest."""

from math import ceil, floor, log10

import numpy as np

from gradtui.core.layout import FloatArray

ROOM = 4.0
"""The axis takes in outliers until it would be this many times as long as the bulk needs."""


def robust_limits(values: FloatArray, *, log: bool) -> tuple[float, float]:
    """(low, high) over finite values, rounded outwards so that they move seldom.

    `log`: the values are log10, limits are whole or half decades.
    """
    if not values.size:
        return 0.0, 1.0
    values = np.clip(values, -1e307, 1e307)  # differences of larger ones overflow
    low, high = float(values.min()), float(values.max())
    inner_low, inner_high = (float(v) for v in np.percentile(values, (2, 98)))
    floor_span = 0.1 if log else max(abs(inner_high) * 1e-6, 1e-300)
    span = max(inner_high - inner_low, floor_span)
    if high - low > ROOM * span:
        low, high = max(low, inner_low - span / 2), min(high, inner_high + span / 2)
    if log:
        step = 1.0 if high - low > 3 else max(_nice((high - low) / 4), 0.05)
    else:
        step = _nice((high - low) / 4 or abs(high) / 4 or 1.0)
    low, high = floor(low / step) * step, ceil(high / step) * step
    if high - low < step:
        low, high = low - step, high + step
    return low, high


def _nice(step: float) -> float:
    """The next of 1, 2, 5 times a power of ten."""
    if not step > 1e-300:
        return 1e-300
    size: float = 10.0 ** floor(log10(step))
    return next((k * size for k in (1.0, 2.0, 5.0) if step <= k * size), 10 * size)


def tick_labels(low: float, high: float, lines: int, *, log: bool) -> dict[int, str]:
    """{line from the top: label}, evenly spread, first and last line included."""
    if lines < 1:
        return {}
    wanted = max(min((lines + 1) // 3, 5), 2) if lines > 1 else 1
    at = sorted({round(i * (lines - 1) / max(wanted - 1, 1)) for i in range(wanted)})
    out = {}
    for line in at:
        value = high - (high - low) * line / max(lines - 1, 1)
        out[line] = _decade(value) if log else _short(value, high - low)
    return out


def _decade(log: float) -> str:
    if log == int(log):
        return f"1e{int(log)}"
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


def _short(value: float, span: float) -> str:
    if abs(value) < span * 1e-9:
        return "0"
    size = max(abs(value), span)
    if 1e-3 <= size < 1e5:
        digits = max(0, min(4, 2 - floor(log10(span)))) if span > 0 else 2
        return f"{value:.{digits}f}"[:7]
    return _exponential(value)
