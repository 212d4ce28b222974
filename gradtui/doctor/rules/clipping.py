"""Clipping that decides over the steps: by norm, told by its coefficient, or by value, told by gradients
all of whose elements lie at the limit."""

import numpy as np

from gradtui.core.layout import FloatArray
from gradtui.core.snapshot import Grad, Weight
from gradtui.core.symptom import Severity
from gradtui.doctor import thresholds as T
from gradtui.doctor.finding import Finding
from gradtui.doctor.gradient_agreement import stepped_norms
from gradtui.doctor.reading import Reading
from gradtui.doctor.remedies import choices
from gradtui.doctor.robust_statistics import median
from gradtui.doctor.words import norm, percent


def enough(reading: Reading) -> float:
    """Measured steps from which on it is judged: as large a part of CLIPPING_STEPS as was measured of
    all, and no fewer than tell what is usual."""
    part = len(reading.facts) / max(reading.seen, 1)
    return max(T.CLIPPING_STEPS * min(part, 1.0), T.WINDOW)


def clipping_dominates(reading: Reading) -> Finding | None:
    """More than half of the steps are shortened to less than half."""
    by_value = _values_clipped(reading)
    if by_value is not None:
        return by_value
    factors = reading.facts.clip_coefficient[reading.used]
    factors = factors[np.isfinite(factors)][-5 * T.CLIPPING_STEPS :]
    if len(factors) < enough(reading):
        return None
    clipped = factors < T.CLIPPED
    share = float(clipped.mean())
    if share <= T.CLIPPED_SHARE:
        return None
    if reading.adaptive and reading.learned:
        return None  # which divides by the gradient's size anyhow
    if _moved_otherwise(reading):
        return None  # noise that is added on purpose, as in Langevin's sampling
    typical = median(factors[clipped])
    if typical > (T.CLIPPED_HARD_ADAPTIVE if reading.adaptive else T.CLIPPED_HARD):
        return None
    if _sound(reading, factors):
        return None
    # The longest step says on which side the threshold errs, once there are weights to go by.
    crawling = reading.largest_ratio < T.CRAWLING and not reading.learned
    return Finding(
        "clipping_dominates",
        Severity.WARNING,
        int(reading.facts.steps[reading.used[int(np.argmax(clipped))]]),
        f"{percent(share)} of the last {len(factors)} steps were clipped, to {percent(typical)} of "
        "their length in the middle",
        "the threshold, not the gradient, sets the step, and leaves too little of it: no layer has "
        f"ever changed by more than {norm(reading.largest_ratio)} of itself"
        if crawling
        else "the threshold, not the gradient, sets the step: clipping is rescuing a learning rate that "
        "is too big",
        choices.CLIPPING_CRAWLS if crawling else choices.CLIPPING_DOMINATES,
    )


def _sound(reading: Reading, factors: FloatArray) -> bool:
    """Whether it has learned as it should, with gradients of one length, or steps that would have been no
    danger unclipped either."""
    if not median(reading.total[reading.used]) < T.CLIPPED_SHORT:
        return False
    left = reading.loss / reading.reference_loss if reading.reference_loss > 0 else 1.0
    always = float((factors < T.CLIPPED).mean()) > T.CLIPPED_ALWAYS
    ratios = reading.ratios(reading.used)
    known = ratios[~np.isnan(ratios)]
    least, most = T.CLIPPED_LIKE
    if always and len(known) and least < median(known) < most:
        return reading.progress or reading.seen < T.PLATEAU_STEPS
    well = reading.learned and left < T.CLIPPED_SOUND
    return well and reading.largest_ratio < T.CLIPPED_SAFE * float(np.quantile(factors, 0.05))


def _moved_otherwise(reading: Reading) -> bool:
    """Whether the steps of plain SGD are much longer than learning rate, gradients and weight decay make
    them."""
    facts = reading.facts
    settings = dict(facts.info.settings)
    if reading.adaptive or "momentum" not in settings:
        return False
    at = facts.weights_at[-10 * T.WINDOW :]
    updates = facts.weights[at][:, facts.layout.judged, Weight.UPDATE]
    lengths = np.sqrt(np.nansum(updates**2, axis=1))
    sizes = facts.weights[at][:, facts.layout.judged, Weight.NORM]
    decayed = settings.get("weight_decay", 0.0) * np.sqrt(np.nansum(sizes**2, axis=1))
    made = facts.lr[at] * (stepped_norms(reading)[at] + decayed)
    with np.errstate(divide="ignore", invalid="ignore"):
        times = lengths * (1 - settings["momentum"]) / made
    times = times[np.isfinite(times) & (lengths > 0)]
    return len(times) >= T.ACTIVATION_WINDOW and median(times) > T.LONGER_THAN_STEPS


def _values_clipped(reading: Reading) -> Finding | None:
    """Most elements of most gradients have the one size that clipping leaves them."""
    limit = reading.facts.info.clip_value
    if limit is None or not len(reading.now) or reading.learned:
        return None  # where it has learned, going by signs does, too
    layout = reading.facts.layout
    whole = limit * np.sqrt(layout.numel[layout.judged])
    norms = reading.facts.grads[reading.used][:, layout.judged, Grad.NORM]
    clipped = np.asarray((norms > T.CLIPPED_WHOLE * whole).mean(axis=1) > 0.5)
    late = clipped[-5 * T.CLIPPING_STEPS :]
    if len(late) < enough(reading) or not late.mean() > T.CLIPPED_SHARE:
        return None
    crawling = reading.largest_ratio < T.CRAWLING
    return Finding(
        "clipping_dominates",
        Severity.WARNING,
        int(reading.facts.steps[reading.used[int(np.argmax(clipped))]]),
        f"in {percent(float(late.mean()))} of the last {len(late)} steps most elements of most "
        f"gradients were cut to {norm(limit)}",
        "the limit, not the gradient, sets the step: only the signs are left"
        + (
            f", and no layer has ever changed by more than {norm(reading.largest_ratio)} of itself"
            if crawling
            else ""
        ),
        choices.VALUE_CLIPS,
    )
