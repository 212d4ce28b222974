"""Gradients that blow up: by the first weights, by the learning rate, through time; with or without
a NaN at the end of it."""

import math

import numpy as np

from gradtui.core.facts import Facts
from gradtui.core.layout import FloatArray
from gradtui.core.snapshot import Act
from gradtui.core.symptom import Severity
from gradtui.doctor import thresholds as T
from gradtui.doctor.finding import Finding
from gradtui.doctor.reading import Reading
from gradtui.doctor.recurrence import looped
from gradtui.doctor.remedies import choices
from gradtui.doctor.robust_statistics import median
from gradtui.doctor.rules.explosion_causes import blamed, blown_up, merely_unscaled
from gradtui.doctor.rules.step_size import oscillating_loss
from gradtui.doctor.words import norm

SYMPTOM = "exploding_gradient"


def exploded_to_nan(before: Reading, facts: Facts) -> Finding | None:
    """`before` ends where `facts` stopped being finite. None where nothing had grown by then."""
    seen = facts.first_nonfinite
    if seen is None or before.half:
        return None
    norms = before.total[before.used]
    losses = np.abs(before.facts.loss[before.used])
    if not len(norms):
        return _overflow_at_start(facts)
    short = len(norms) < 2 * T.SUSTAINED_STEPS
    first = float(norms[0] if short else np.median(norms[: T.SUSTAINED_STEPS]))
    usual = float(losses[0] if short else np.median(losses[: T.SUSTAINED_STEPS]))
    peak = float(norms[-T.UNDEFINED :].max())
    loss_growth = float(losses[-T.UNDEFINED :].max()) / max(usual, 1e-30)
    # An undefined operation has steep slopes beside it: growth that long steps have no part in, and
    # that ends within the band, is no explosion.
    large = peak > T.BAND_HIGH or not before.largest_ratio < T.MOVED
    grown = (peak > T.GROWTH * first and large) or loss_growth > T.LOSS_GROWTH
    at_start = float(norms[0]) > T.BAND_HIGH
    if not grown and not (peak > T.BAND_HIGH and len(norms) <= T.UNDEFINED):
        return None
    onset = int(before.facts.steps[before.used[0]])
    if not at_start:
        onset = int(before.facts.steps[before.used[onset_of(norms)]])
    remedies, cause = blamed(before, at_start)
    rows = before.largest_rows(before.used[-1])
    begun = int(before.facts.steps[before.used[0]])
    grew = f"total gradient norm {norm(first)} at step {begun}, {norm(peak)}"
    if math.isnan(peak):
        grew = f"loss {norm(usual)} at first, {norm(loss_growth * max(usual, 1e-30))}"
    return Finding(
        SYMPTOM,
        Severity.CRITICAL,
        onset,
        f"{grew} before the first {seen.phase} NaN or infinity at step {seen.step:,}",
        cause,
        remedies,
        rows,
        before.names(list(rows)),
    )


def exploding(reading: Reading) -> Finding | None:
    """Norms far above the band, or grown beyond measure, while the loss gets no better."""
    if reading.seen < T.SUSTAINED_STEPS or not len(reading.now):
        return None
    # From where weights like that begin, a loss that has come down is still far up.
    huge = blown_up(reading) and not reading.converged
    if reading.learned and not (huge and math.isnan(reading.chance)):
        return None
    norms = reading.total
    now = median(norms[reading.now])
    first = median(norms[reading.used[:5]])
    # The worst of the first losses may be part of what went wrong.
    begin = min(abs(reading.start_loss), abs(float(reading.facts.loss[reading.used[0]])))
    if reading.alternating:
        begin = reading.start_loss
    diverged = reading.loss > T.LOSS_GROWTH * begin and now > T.SPIKE_NORM * first
    diverged &= begin > T.NOUGHT or now > T.SPIKE_FLOOR
    # A loss that rises without large steps rises because the task changed.
    diverged &= not reading.largest_ratio < T.MOVED
    # Saturated units bound the gradient, but not the loss.
    # Where two losses take turns the first one may be the smaller.
    guess = max(abs(float(reading.facts.loss[reading.used[0]])), reading.reference_loss, begin)
    diverged |= not reading.critic and guess > T.NOUGHT and reading.loss > T.DIVERGED * guess
    if reading.game:
        diverged = False
        if now < T.GROWTH * first:
            return None
    if not (now > T.BAND_HIGH or diverged) or (not diverged and merely_unscaled(reading)):
        return None
    if now < T.BAND_HIGH and now < T.SPIKE_NORM * first and oscillating_loss(reading) is not None:
        return None  # it jumps about on a high level, with gradients as they were
    if reading.start_unknown and not diverged:
        return None  # the loss may be down from wherever it began
    at_start = float(norms[reading.used[0]]) > T.BAND_HIGH
    remedies, cause = blamed(reading, at_start)
    held = norms > min(T.BAND_HIGH, T.SPIKE_NORM * first)
    size = f"total gradient norm {norm(now)} (first {norm(first)}), "
    if math.isnan(now):  # a log without norms
        held, size = reading.facts.loss > T.LOSS_GROWTH * begin, ""
    rows = reading.largest_rows(reading.used[-1])
    return Finding(
        SYMPTOM,
        Severity.CRITICAL,
        int(reading.facts.steps[0]) if at_start else reading.since(held | reading.facts.skipped),
        f"{size}loss {norm(reading.loss)} (first {norm(reading.start_loss)}), and "
        f"{'little' if reading.learned else 'no'} progress",
        cause,
        remedies,
        rows,
        reading.names(list(rows)),
    )


def far_too_steep(reading: Reading) -> Finding | None:
    """Slopes that no error at the output accounts for, whatever the loss comes down by, of layers that are
    applied to their own results: of a mean of squares the slope at the output is twice its root at most, and
    steps of time that keep the size of signals pass on as much."""
    if reading.signed or reading.critic or reading.seen < T.SUSTAINED_STEPS or reading.half:
        return None
    if not looped(reading):
        return None  # a sum of squares over data in odd units is as steep
    norms, losses = reading.total[reading.used], reading.facts.loss[reading.used]
    with np.errstate(divide="ignore", invalid="ignore"):
        steep = (norms > T.STEEP_NORM) & (norms / np.sqrt(losses) > T.STEEP_TIMES)
    late = steep[-T.SUSTAINED_STEPS :]
    if not late.all() or not steep[: T.SUSTAINED_STEPS].mean() > 0.5:
        return None
    rows = reading.largest_rows(reading.used[-1])
    first, now = median(norms[:5]), median(norms[-T.WINDOW :])
    return Finding(
        SYMPTOM,
        Severity.CRITICAL,
        int(reading.facts.steps[0]),
        f"total gradient norm {norm(now)} (first {norm(first)}) at a loss of {norm(reading.loss)} (first "
        f"{norm(reading.start_loss)}): {norm(now / math.sqrt(abs(reading.loss) or 1.0))} times its root",
        "signals and gradients grow from one step of time to the next: the step of time is too long, or the "
        "recurrence multiplies what it is given",
        choices.STEEP_IN_TIME,
        rows,
        reading.names(list(rows)),
    )


def _overflow_at_start(facts: Facts) -> Finding | None:
    """Not one finite step: outputs that grow from layer to layer until they overflow."""
    rms = facts.activations[0, :, Act.RMS]
    rows = facts.layout.weight_rows
    line = rms[rows]
    finite = line[np.isfinite(line) & (line > 0)]
    if len(finite) < 2 or finite[-1] < T.FORWARD_GROWTH * finite[0]:
        return None
    return Finding(
        SYMPTOM,
        Severity.CRITICAL,
        int(facts.steps[0]),
        f"layer outputs grow from {norm(float(finite[0]))} to {norm(float(finite[-1]))} and then "
        "overflow, in the very first forward pass",
        "the first weights are so large that signals grow from layer to layer",
        choices.EXPLODING_INIT,
        tuple(int(r) for r in rows),
        tuple(facts.layout.rows[int(r)].name for r in rows),
    )


def onset_of(norms: FloatArray) -> int:
    """Index of the first step whose norm leaves the size that the first steps had for good."""
    usual = 3 * median(norms[:3])
    below = np.flatnonzero(norms <= usual)
    return min(int(below[-1]) + 1 if len(below) else 0, len(norms) - 1)
