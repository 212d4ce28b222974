"""Whether a change helped: one run judged beside another, by a criterion fixed beforehand.

Of published automatic repairs a part gained nothing although the symptom was gone (AUTOTRAINER,
ICSE 2021: 12 of 414, and 61 under three points). So the symptom must go *and* there must be a gain.
"""

import math
from dataclasses import dataclass

import numpy as np

from gradtui.core.facts import Facts
from gradtui.core.layout import FloatArray, IntArray
from gradtui.core.symptom import CONVERGED, HEALTHY
from gradtui.doctor import thresholds as T
from gradtui.doctor.diagnose import diagnose
from gradtui.doctor.reading import Reading

CURED, PARTLY, NO_GAIN, WORSE = "cured", "partly cured", "no gain", "worse"

GAIN_ACCURACY = 0.05
"""Share of right answers that counts as a gain; under three points nobody would notice."""
GAIN_LOSS = 0.10
"""Share of the loss that must go, where there is no accuracy to go by."""
ENOUGH = 5
"""Steps that two runs must both have kept for these alone to be compared."""
SUNK = 0.05
"""A loss below this share of its start is as good as zero: lower is no further gain."""


@dataclass(frozen=True, slots=True)
class RemedyEffect:
    """What became of a run under a change."""

    word: str
    """CURED: healthy and a gain; PARTLY: a gain, but something is still wrong; NO_GAIN; WORSE."""
    reason: str
    """One sentence of numbers."""
    before: str
    """The verdict without the change."""
    after: str
    """The verdict with it."""
    cost: float
    """Time of a step as a multiple of that without the change, watching not counted; NaN unknown."""


def judge_treatment(untreated: Facts, treated: Facts, *, same_loss: bool = True) -> RemedyEffect:
    """Judge `treated` beside `untreated`, both over the steps that both have taken; a run that ended
    in NaN is held against all of the other.

    `same_loss`: both losses are the same function of the same targets. Where they are not, what
    counts is how far each has come from its own start.
    """
    if untreated.first_nonfinite is None and len(untreated) and len(treated):
        untreated, treated = on_common_steps(untreated, treated)
    before, after = diagnose(untreated).verdict, diagnose(treated).verdict
    gain, numbers = _gain(untreated, treated, same_loss)
    healthy = after in (HEALTHY, CONVERGED)
    if gain < 0:
        word = WORSE
    elif gain == 0:
        word = NO_GAIN
    else:
        word = CURED if healthy else PARTLY
    left = "" if healthy else f"; still {after.replace('_', ' ')}"
    return RemedyEffect(word, numbers + left, before, after, cost_ratio(untreated, treated))


def on_common_steps(one: Facts, other: Facts) -> tuple[Facts, Facts]:
    """Both up to the last step that both have taken. Neither may be empty."""
    last = min(int(one.steps[-1]), int(other.steps[-1]))
    cut = [f.until(int(np.searchsorted(f.steps, last, side="right"))) for f in (one, other)]
    return cut[0], cut[1]


def _gain(untreated: Facts, treated: Facts, same_loss: bool) -> tuple[int, str]:
    """1 for a gain, 0 for none, -1 for a loss; and the numbers that say so."""
    if treated.first_nonfinite is not None:
        stayed = untreated.first_nonfinite is not None
        return (0 if stayed else -1), f"non-finite at step {treated.first_nonfinite.step:,}"
    broken = untreated.first_nonfinite is not None
    mine, yours = _last(untreated), _last(treated)
    if not broken:
        mine, yours = _last_of_both(untreated.steps, treated.steps)
    was, now = _mean(untreated.accuracy[mine]), _mean(treated.accuracy[yours])
    if not math.isnan(now) and not math.isnan(was):
        return _sign(now - was, GAIN_ACCURACY), f"accuracy {was:.2f} → {now:.2f}"
    old, loss = _median(untreated.loss[mine]), _median(treated.loss[yours])
    if not broken and same_loss:
        start = sane_loss(untreated, treated)
        words = f"loss {old:.3g} → {loss:.3g}"
        return _lower(old, loss, start), words
    start = sane_loss(treated, untreated) if same_loss else _begun(treated)
    fell = 1 - loss / start if start > 0 else math.nan
    other = 0.0
    if not broken and first_loss(untreated) > 0:
        other = max(1 - old / first_loss(untreated), 0.0)
    words = f"loss {start:.3g} → {loss:.3g} of its own"
    sign = _sign(fell - other, GAIN_LOSS)
    return (max(sign, 0) if broken else sign), words  # nothing is worse than NaN


def _last(facts: Facts) -> IntArray:
    """The kept steps of the last window, as indices."""
    return np.arange(max(len(facts) - T.WINDOW, 0), len(facts))


def _last_of_both(one: IntArray, other: IntArray) -> tuple[IntArray, IntArray]:
    """Indices of the last window of each of two runs, of the same steps in both.

    Where one has kept fewer of its steps than the other, its window reaches further back, to when the
    loss was another one: both take the longer stretch, and of it the steps that both have kept,
    where there are enough.
    """
    if not len(one) or not len(other):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    since = min(int(steps[max(len(steps) - T.WINDOW, 0)]) for steps in (one, other))
    mine, yours = np.flatnonzero(one >= since), np.flatnonzero(other >= since)
    common = np.intersect1d(one[mine], other[yours])[-T.WINDOW :]
    if len(common) >= ENOUGH:
        return np.searchsorted(one, common), np.searchsorted(other, common)
    return mine, yours


def _lower(old: float, loss: float, start: float) -> int:
    """Both losses are of the same function. A loss that has been blown up is not better for being
    less so: it must come below what the net costs that has learned nothing."""
    if math.isnan(old) or math.isnan(loss):
        return 0
    if 0 <= loss <= old <= SUNK * start:
        return 0
    gain = _sign(old - loss, GAIN_LOSS * abs(old))
    if gain > 0 and start > 0 and loss > (1 - GAIN_LOSS) * start:
        return 0
    return gain


def sane_loss(*runs: Facts) -> float:
    """What a net costs that has learned nothing yet: the least that any of these runs began with,
    or guessing, where that is known. First weights, or first steps, may have made more of it."""
    known = [value for facts in runs for value in (_begun(facts), Reading(facts).chance)]
    return min((value for value in known if not math.isnan(value)), default=math.nan)


def _begun(facts: Facts) -> float:
    """The loss before anything was learned: nothing in the first few steps may count as such."""
    few = facts.loss[:5]
    few = few[np.isfinite(few)]
    return float(max(few[0], np.median(few))) if len(few) else math.nan


def _sign(difference: float, margin: float) -> int:
    if math.isnan(difference):
        return 0
    return 1 if difference >= margin else -1 if difference <= -margin else 0


def first_loss(facts: Facts) -> float:
    """Median of the first five steps."""
    return _median(facts.loss[:5])


def step_seconds(facts: Facts) -> float:
    """Time of a step when nothing else disturbs it (the quickest tenth), watching not counted; NaN
    where it is not known."""
    own = (facts.seconds - facts.overhead)[facts.seconds > 0]
    return float(np.quantile(own, 0.1)) if len(own) else math.nan


def cost_ratio(one: Facts, other: Facts) -> float:
    """Time of a step of `other` as a multiple of that of `one`."""
    base = step_seconds(one)
    return step_seconds(other) / base if base > 0 else math.nan


def _mean(values: FloatArray) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if len(finite) else math.nan


def _median(values: FloatArray) -> float:
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if len(finite) else math.nan
