"""Steps that go back: writers side by side, resumed runs, counters that start anew. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from gradtui.core.layout import BoolArray, FloatArray, IntArray
from gradtui.runstore.logs.series import Series

MOST_BREAKS = 100
"""Times that steps may go back in; more often they are no count of steps."""
LATEST = float(1 << 53)
"""Beyond which a step is no whole number of a float's."""


def chains(parts: Sequence[Series]) -> list[Series]:
    """Series of one name by several writers -> those that followed one another in time joined, in the
    order of their times. More than one is left where writers were at work at once."""
    begun = sorted(parts, key=lambda part: (_first(part.times), int(part.order[0])))
    out: list[list[Series]] = []
    for part in begun:
        after = next((c for c in out if _last(c[-1].times) <= _first(part.times)), None)
        if after is None:
            out.append([part])
        else:
            after.append(part)
    return [joined(chain) for chain in out]


def joined(parts: Sequence[Series]) -> Series:
    """One after the other, as one series."""
    if len(parts) == 1:
        return parts[0]
    return replace(
        parts[0],
        source=", ".join(dict.fromkeys(part.source for part in parts)),
        steps=np.concatenate([part.steps for part in parts]),
        times=np.concatenate([part.times for part in parts]),
        values=np.concatenate([part.values for part in parts]),
        order=np.concatenate([part.order for part in parts]),
        numel=max(part.numel for part in parts),
        largest=np.concatenate([part.largest for part in parts]),
        files=len(parts),
    )


def _first(times: FloatArray) -> float:
    known = times[np.isfinite(times)]
    return float(known.min()) if len(known) else -np.inf


def _last(times: FloatArray) -> float:
    known = times[np.isfinite(times)]
    return float(known.max()) if len(known) else np.inf


@dataclass(frozen=True, slots=True)
class Break:
    """Where the steps of the leading series go back: the points on either side."""

    order: tuple[int, int]
    step: tuple[float, float]


def countable(steps: FloatArray) -> BoolArray:
    """[n] whether each can be a count of steps: whole, and not below 0."""
    good = np.isfinite(steps) & (steps >= 0) & (steps < LATEST)
    return np.asarray(good & (steps == np.floor(steps)))


def stuck(steps: FloatArray) -> bool:
    """Whether a step was never given: all are the same one."""
    return len(steps) > 1 and bool((steps == steps[0]).all())


def breaks_of(lead: Series) -> list[Break]:
    at = np.flatnonzero(np.diff(lead.steps) < 0)
    return [
        Break(
            (int(lead.order[i]), int(lead.order[i + 1])),
            (float(lead.steps[i]), float(lead.steps[i + 1])),
        )
        for i in at.tolist()
    ]


def attempts_of(series: Series, breaks: Sequence[Break]) -> IntArray:
    """[n] the attempt of each point: how many breaks lie before it. What stands between the two sides
    of a break is of the side that its step fits."""
    out = np.zeros(len(series), np.int64)
    for one in breaks:
        between = (series.order > one.order[0]) & (series.order < one.order[1])
        out += (series.order >= one.order[1]) | (between & (series.steps < one.step[0]))
    return out


def newest(series: Series, breaks: Sequence[Break]) -> Series:
    """The points of the last attempt, and of those before it what it has gone on from."""
    if not breaks:
        return series
    attempt = attempts_of(series, breaks)
    begins = np.array([one.step[1] for one in breaks])
    # [attempts] the lowest step that a later attempt began at.
    least = np.append(np.minimum.accumulate(begins[::-1])[::-1], np.inf)
    return series.take(np.flatnonzero(series.steps < least[attempt]))


def counts_anew(lead: Series, breaks: Sequence[Break]) -> bool:
    """Whether it is a counter within an epoch: again and again from the same step to the same step, in one
    file. Each file of several is another start of the same program."""
    if len(breaks) < 2 or lead.files > len(breaks):
        return False
    begins = {float(lead.steps[0]), *(one.step[1] for one in breaks)}
    return len(begins) == 1 and len({one.step[0] for one in breaks}) == 1


def counted_through(series: Series, lead: Series, breaks: Sequence[Break]) -> Series:
    """Of such a counter steps that go on rising."""
    usual = np.diff(lead.steps)
    pace = float(np.median(usual[usual > 0])) if (usual > 0).any() else 1.0
    length = breaks[0].step[0] - breaks[0].step[1] + pace
    return replace(series, steps=series.steps + length * attempts_of(series, breaks))


def occurrences(steps: FloatArray) -> IntArray:
    """[n] how often each step has come before."""
    order = np.argsort(steps, kind="stable")
    ranked = steps[order]
    fresh = np.append(True, ranked[1:] != ranked[:-1])[: len(ranked)]
    begin = np.maximum.accumulate(np.where(fresh, np.arange(len(ranked)), 0))
    out = np.empty(len(steps), np.int64)
    out[order] = np.arange(len(ranked)) - begin
    return out


def repeats(values: FloatArray) -> BoolArray:
    """[n] True where a value is the one before it to the last bit; a NaN never is."""
    return np.append(False, values[1:] == values[:-1])[: len(values)]
