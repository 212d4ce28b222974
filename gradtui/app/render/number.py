"""Numbers in few cells. Values that are not finite are words, never blanks."""

from collections.abc import Sequence
from math import isfinite, isinf, isnan


def number(value: float) -> str:
    """Scientific, one decimal, 7 cells for most: "1.9e-12", "0", "NaN", "inf"."""
    if isnan(value):
        return "NaN"
    if isinf(value):
        return "inf" if value > 0 else "-inf"
    return "0" if value == 0 else f"{value:.1e}"


def reading(value: float) -> str:
    """For people: plain where that is short ("0.032", "12.4"), scientific elsewhere."""
    if not isfinite(value) or value == 0:
        return number(value)
    size = abs(value)
    if 1e-3 <= size < 1e4:
        digits = (
            0
            if size >= 1000
            else 1
            if size >= 100
            else 2
            if size >= 10
            else 3
            if size >= 0.1
            else 4
        )
        return f"{value:.{digits}f}"
    return f"{value:.1e}"


def count(value: int) -> str:
    """Thousands apart by a comma: "12,345"."""
    return f"{value:,}"


def share(value: float) -> str:
    """0.034 -> "3.4%"; unknown is "-"."""
    if isnan(value):
        return "-"
    percent = 100.0 * value
    if not abs(percent) < 1e5:
        return f"{percent:.0e}%"
    return f"{percent:.1f}%" if abs(percent) < 10 else f"{percent:.0f}%"


def rate(value: float) -> str:
    """Steps a second; unknown is "-"."""
    if isnan(value):
        return "-"
    return (
        f"{value:.1f}"
        if 0 <= value < 10
        else f"{value:,.0f}"
        if 0 <= value < 1e6
        else number(value)
    )


def duration(seconds: float) -> str:
    """ "43 s", "12:07", "3:04:05", "6 d 04:05"; unknown is "-"."""
    if not isfinite(seconds):
        return "-"
    whole = int(max(seconds, 0.0))
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    if not hours:
        return f"{minutes}:{rest:02}"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours:02}:{minutes:02}" if days else f"{hours}:{minutes:02}:{rest:02}"


def seconds(value: float) -> str:
    """As `duration`, but exact below a minute: "0.25 s", "43.7 s"."""
    return duration(value) if value >= 60 else f"{value:.3g} s"


UNITS = (("k", 1000), ("M", 10**6), ("G", 10**9))


def step_label(step: int) -> str:
    """Axis label of a step in at most five cells: 950, 1.5k, 20k, 3M. What does not fit is cut off, not
    rounded: 39,998 is "39.9k", as there need be no step 40,000."""
    exact = exact_label(step)
    if len(exact) <= 5:
        return exact
    for unit, size in reversed(UNITS):
        if step >= size:
            whole, rest = divmod(step, size)
            digits = 3 - len(str(whole))
            part = f".{rest * 10**digits // size:0{digits}}".rstrip("0") if digits > 0 else ""
            return f"{whole}{part.rstrip('.')}{unit}"
    return exact


def exact_label(step: int) -> str:
    """The shortest that says just this step: 950, 1.5k, 39998, 1.25M."""
    forms = [_in_unit(step, size) + unit for unit, size in UNITS if step >= size]
    return min((*forms, str(step)), key=len)


def exact_labels(steps: Sequence[int]) -> list[str]:
    """The same of several that stand beside one another, in one unit where that is no longer: 2700, 2750,
    2800."""
    forms = [[str(step) for step in steps]]
    for unit, size in UNITS:
        if any(step >= size for step in steps):
            smaller = zip(steps, forms[-1], strict=True)
            forms.append([_in_unit(n, size) + unit if n >= size else less for n, less in smaller])
    # Of equally short ones those of the largest unit.
    return min(reversed(forms), key=lambda labels: max(map(len, labels), default=0))


def _in_unit(step: int, size: int) -> str:
    whole, rest = divmod(step, size)
    digits = f"{rest:0{len(str(size)) - 1}}".rstrip("0")
    return f"{whole}.{digits}" if digits else str(whole)
