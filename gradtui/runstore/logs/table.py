"""From series to steps: one row for each logged step of the attempt that counts. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gradtui.core.layout import BoolArray, FloatArray, IntArray
from gradtui.runstore.logs.attempts import (
    MOST_BREAKS,
    breaks_of,
    countable,
    counted_through,
    counts_anew,
    newest,
    occurrences,
    stuck,
)
from gradtui.runstore.logs.selection import Selection
from gradtui.runstore.logs.series import Series

NO_STEPS = "no steps were given: the points are numbered in the order of the log"
ODD_STEPS = (
    "its steps are no whole numbers that rise: the points are numbered in the order of the log"
)
LOSS, NORM, RATE = "loss", "norm", "rate"


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """Points of one series, and the rows that they are of; [k] each, rows rising."""

    rows: IntArray
    series: Series


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """n rows in the order of steps; equal steps are rows of their own, in the order of the log. [n]
    each; NaN where nothing was logged, and where NaN was."""

    steps: IntArray
    evaluation: IntArray
    """0, or 1, 2, ... of the rows of one step."""
    time: FloatArray
    loss: FloatArray
    rate: FloatArray
    norm: FloatArray
    loss_said: BoolArray
    norm_said: BoolArray
    """Where the log has a value, NaN included."""
    layers: dict[str, Column]
    """The tensor's name -> its points."""
    limits: tuple[str, ...]
    """What is to be said of the steps, in clauses."""

    def __len__(self) -> int:
        return len(self.steps)

    @property
    def every(self) -> int:
        """Steps between two points, in the middle, of what is logged more seldom, loss or norms; 0 where
        there are not two."""
        rows = [np.flatnonzero(said) for said in (self.loss_said, self.norm_said)]
        rows += [column.rows for column in list(self.layers.values())[:1]]
        gaps = [np.diff(np.unique(self.steps[at])) for at in rows]
        return max((int(np.median(gap)) for gap in gaps if len(gap)), default=0)


def table_of(selection: Selection) -> Table:
    """Rows of all that was selected."""
    lead = selection.lead
    assert lead is not None
    limits: list[str] = []
    series = _named(selection)
    numbered = _uncounted(lead)
    if numbered:
        limits.append(NO_STEPS if stuck(lead.steps) else ODD_STEPS)
    else:
        series = {key: _rising(one, lead, limits) for key, one in series.items()}
    series = {key: one for key, one in series.items() if len(one)}
    rows, steps, time = _rows(series, numbered=numbered)
    columns = {key: Column(rows[key], one) for key, one in series.items()}
    again = occurrences(steps.astype(np.float64))
    several = np.isin(steps, steps[again > 0])
    n = len(steps)
    return Table(
        steps,
        np.where(several, again + 1, 0),
        time,
        _spread(columns.get(LOSS), n),
        _spread(columns.get(RATE), n),
        _spread(columns.get(NORM), n),
        _said(columns.get(LOSS), n),
        _said(columns.get(NORM), n),
        {key[1:]: column for key, column in columns.items() if key.startswith("/")},
        tuple(dict.fromkeys(limits)),
    )


def metrics_of(selection: Selection) -> list[Series]:
    """What was logged beside, at rising steps, of the attempt that counts; nothing where steps count
    nothing."""
    lead = selection.lead
    assert lead is not None
    if _uncounted(lead):
        return []
    found = [_rising(one, lead, []) for one in selection.metrics()]
    return [one for one in found if len(one)]


def _uncounted(lead: Series) -> bool:
    """Whether its steps are numbered by us."""
    odd = not countable(lead.steps).all() or stuck(lead.steps)
    return odd or len(breaks_of(lead)) > MOST_BREAKS


def _named(selection: Selection) -> dict[str, Series]:
    plain = {LOSS: selection.loss, NORM: selection.norm, RATE: selection.rate}
    found = {key: one for key, one in plain.items() if one is not None}
    return found | {f"/{layer}": one for layer, one in selection.layers.items()}


def _rising(one: Series, lead: Series, limits: list[str]) -> Series:
    """With rising steps: of the newest attempt, or counted through where a counter begins anew."""
    one = one.take(np.flatnonzero(countable(one.steps)))
    breaks = breaks_of(lead)
    if counts_anew(lead, breaks):
        limits.append(
            f"its steps begin anew {len(breaks)} times at equal distances, as a counter within an epoch "
            "does: they are counted through"
        )
        one = counted_through(one, lead, breaks)
    elif breaks:
        last = breaks[-1].step
        often = "" if len(breaks) == 1 else f" {len(breaks)} times, the last time"
        fresh = last[1] <= lead.steps[0]
        limits.append(
            f"its steps begin anew{often} at {last[1]:,.0f} after {last[0]:,.0f}, as where a training was "
            "started again: the newest is judged"
            if fresh
            else f"its steps go back{often} from {last[0]:,.0f} to {last[1]:,.0f}, as in a resumed run: the "
            "newest attempt is judged, with what came before the step that it goes on from"
        )
        one = newest(one, breaks)
    return one.take(np.argsort(one.steps, kind="stable"))


def _rows(
    series: Mapping[str, Series], *, numbered: bool
) -> tuple[dict[str, IntArray], IntArray, FloatArray]:
    """({key: [k] row of each point}, [n] steps, [n] times). Points of one step and of one place among
    those of that step share a row; steps at which there is a learning rate alone have none."""
    parts = list(series.values())
    ends = np.cumsum([len(one) for one in parts])
    step = np.nan_to_num(np.concatenate([one.steps for one in parts]), nan=-1.0)
    place = np.concatenate([occurrences(np.nan_to_num(one.steps, nan=-1.0)) for one in parts])
    order = np.concatenate([one.order for one in parts])
    times = np.concatenate([one.times for one in parts])
    telling = np.concatenate([np.full(len(one), key != RATE) for key, one in series.items()])
    sort = np.lexsort((place, step))
    fresh = np.append(True, (np.diff(step[sort]) != 0) | (np.diff(place[sort]) != 0))
    group = np.empty(len(step), np.int64)
    group[sort] = np.cumsum(fresh) - 1
    count = int(fresh.sum())
    wanted = np.zeros(count, np.bool_)
    wanted[group[telling]] = True
    first = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(first, group, order)
    # Where steps count nothing, rows stand as the log has them.
    line = np.argsort(first) if numbered else np.arange(count)
    line = line[wanted[line]]
    row = np.full(count, -1, np.int64)
    row[line] = np.arange(len(line))
    when = np.full(count, np.nan)
    when[group[::-1]] = times[::-1]
    given = np.empty(count, np.int64)
    given[group] = np.arange(len(step)) if numbered else step.astype(np.int64)
    steps = np.arange(len(line)) if numbered else given[line]
    of = np.split(row[group], ends[:-1])
    return dict(zip(series, of, strict=True)), steps, when[line]


def _spread(column: Column | None, count: int) -> FloatArray:
    out = np.full(count, np.nan)
    if column is not None:
        there = column.rows >= 0
        out[column.rows[there]] = column.series.values[there]
    return out


def _said(column: Column | None, count: int) -> BoolArray:
    out = np.zeros(count, np.bool_)
    if column is not None:
        out[column.rows[column.rows >= 0]] = True
    return out
