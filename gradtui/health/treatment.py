"""Whether a change helped: one run judged beside another, by a criterion fixed beforehand.

Of published automatic repairs a part gained nothing although the symptom was gone (AUTOTRAINER,
ICSE 2021: 12 of 414, and 61 under three points). So the symptom must go *and* there must be a gain.
"""

import math
from dataclasses import dataclass

import numpy as np

from gradtui.core.facts import Facts
from gradtui.core.layout import FloatArray
from gradtui.core.symptom import CONVERGED, HEALTHY
from gradtui.health import thresholds as T
from gradtui.health.diagnose import diagnose

CURED, PARTLY, NO_GAIN, WORSE = "cured", "partly cured", "no gain", "worse"

GAIN_ACCURACY = 0.05
"""Share of right answers that counts as a gain; under three points nobody would notice."""
GAIN_LOSS = 0.10
"""Share of the loss that must go, where there is no accuracy to go by."""
SUNK = 0.05
"""A loss below this share of its start is as good as zero: lower is no further gain."""


@dataclass(frozen=True, slots=True)
class Treatment:
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


def judge_treatment(untreated: Facts, treated: Facts, *, same_loss: bool = True) -> Treatment:
    """Judge `treated` beside `untreated`, over the steps that both have taken; a run that ended in
    NaN is held against all of the other.

    `same_loss`: both losses are the same function of the same targets. Where they are not, what
    counts is how far each has come from its own start.
    """
    whole = untreated
    if untreated.first_nonfinite is None and len(untreated) and len(treated):
        last = min(int(untreated.steps[-1]), int(treated.steps[-1]))
        untreated = untreated.until(int(np.searchsorted(untreated.steps, last, side="right")))
        treated = treated.until(int(np.searchsorted(treated.steps, last, side="right")))
    before, after = diagnose(whole).verdict, diagnose(treated).verdict
    gain, numbers = _gain(untreated, treated, same_loss)
    healthy = after in (HEALTHY, CONVERGED)
    if gain < 0:
        word = WORSE
    elif gain == 0:
        word = NO_GAIN
    else:
        word = CURED if healthy else PARTLY
    left = "" if healthy else f"; still {after.replace('_', ' ')}"
    return Treatment(word, numbers + left, before, after, cost_ratio(untreated, treated))


def _gain(untreated: Facts, treated: Facts, same_loss: bool) -> tuple[int, str]:
    """1 for a gain, 0 for none, -1 for a loss; and the numbers that say so."""
    if treated.first_nonfinite is not None:
        stayed = untreated.first_nonfinite is not None
        return (0 if stayed else -1), f"non-finite at step {treated.first_nonfinite.step}"
    was, now = final_accuracy(untreated), final_accuracy(treated)
    broken = untreated.first_nonfinite is not None
    if not math.isnan(now) and not math.isnan(was):
        return _sign(now - was, GAIN_ACCURACY), f"accuracy {was:.2f} → {now:.2f}"
    start, loss = first_loss(treated), final_loss(treated)
    if broken or not same_loss:
        fell = 1 - loss / start if start > 0 else math.nan
        other = 0.0
        if not broken and first_loss(untreated) > 0:
            other = max(1 - final_loss(untreated) / first_loss(untreated), 0.0)
        words = f"loss {start:.3g} → {loss:.3g} of its own"
        return _sign(fell - other, GAIN_LOSS), words
    old = final_loss(untreated)
    words = f"loss {old:.3g} → {loss:.3g}"
    if math.isnan(old) or math.isnan(loss):
        return 0, words
    room = abs(old)
    if 0 <= loss <= old <= SUNK * first_loss(untreated):
        return 0, words
    return _sign(old - loss, GAIN_LOSS * room), words


def _sign(difference: float, margin: float) -> int:
    if math.isnan(difference):
        return 0
    return 1 if difference >= margin else -1 if difference <= -margin else 0


def final_loss(facts: Facts) -> float:
    """Median of the last window."""
    return _median(facts.loss[-T.WINDOW :])


def first_loss(facts: Facts) -> float:
    """Median of the first five steps."""
    return _median(facts.loss[:5])


def final_accuracy(facts: Facts) -> float:
    """Mean share of right answers over the last window; NaN where it is not known."""
    known = facts.accuracy[-T.WINDOW :]
    known = known[np.isfinite(known)]
    return float(known.mean()) if len(known) else math.nan


def step_seconds(facts: Facts) -> float:
    """Time of a step when nothing else disturbs it (the quickest tenth), watching not counted; NaN
    where it is not known."""
    own = (facts.seconds - facts.overhead)[facts.seconds > 0]
    return float(np.quantile(own, 0.1)) if len(own) else math.nan


def cost_ratio(one: Facts, other: Facts) -> float:
    """Time of a step of `other` as a multiple of that of `one`."""
    base = step_seconds(one)
    return step_seconds(other) / base if base > 0 else math.nan


def _median(values: FloatArray) -> float:
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if len(finite) else math.nan
