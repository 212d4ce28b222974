"""Gradients that blow up: by the first weights, by the learning rate, through time; with or without
a NaN at the end of it."""

import numpy as np

from gradtui.core.facts import Facts
from gradtui.core.layout import FloatArray
from gradtui.core.snapshot import Act
from gradtui.core.symptom import Severity
from gradtui.health import thresholds as T
from gradtui.health.advice import ADVICE
from gradtui.health.finding import Finding
from gradtui.health.reading import Reading
from gradtui.health.words import norm

SYMPTOM = "exploding_gradient"


def exploded_to_nan(before: Reading, facts: Facts) -> Finding | None:
    """`before` ends where `facts` stopped being finite. None where nothing had grown by then."""
    seen = facts.first_nonfinite
    if seen is None or before.half:
        return None
    norms = before.facts.total_norm[before.used]
    losses = np.abs(before.facts.loss[before.used])
    if not len(norms):
        return _overflow_at_start(facts)
    first = float(norms[0])
    peak = float(norms[-10:].max())
    loss_growth = float(losses[-10:].max()) / max(float(losses[0]), 1e-30)
    grown = peak > T.GROWTH * first or loss_growth > T.LOSS_GROWTH
    if not (grown or peak > T.BAND_HIGH):
        return None
    at_start = first > T.BAND_HIGH
    onset = int(before.facts.steps[before.used[0]])
    if not at_start:
        onset = int(before.facts.steps[before.used[_onset(norms)]])
    through_time = _time_growth(before)
    where = through_time or (
        "the first weights are so large that signals grow from layer to layer: the very first "
        "gradient is out of all proportion"
        if at_start
        else "each step overshoots, and the next gradient is larger for it: the learning rate is "
        "too big for this net"
    )
    key = "exploding_time" if through_time else "exploding_init" if at_start else "exploding_lr"
    rows = _largest(before)
    return Finding(
        SYMPTOM,
        Severity.CRITICAL,
        onset,
        f"total gradient norm {norm(first)} at step {int(before.facts.steps[before.used[0]])}, "
        f"{norm(peak)} before the first {seen.phase} NaN or infinity at step {seen.step}",
        where,
        ADVICE[key],
        rows,
        before.names(list(rows)),
    )


def exploding(reading: Reading) -> Finding | None:
    """Norms far above the band, or grown beyond measure, while the loss gets no better."""
    if reading.learned or reading.seen < T.SUSTAINED_STEPS or not len(reading.now):
        return None
    norms = reading.facts.total_norm
    now = float(np.median(norms[reading.now]))
    first = float(np.median(norms[reading.used[:5]]))
    diverged = reading.loss > T.LOSS_GROWTH * abs(reading.start_loss) and now > T.SPIKE_NORM * first
    # Saturated units bound the gradient, but not the loss.
    guess = max(abs(float(reading.facts.loss[reading.used[0]])), reading.reference_loss)
    diverged |= not reading.critic and reading.loss > T.DIVERGED * guess
    if not (now > T.BAND_HIGH or diverged) or _merely_unscaled(reading):
        return None
    through_time = _time_growth(reading)
    at_start = float(norms[reading.used[0]]) > T.BAND_HIGH
    if reading.critic:
        key = "exploding_critic"
        cause = "the weight clip lets each layer enlarge the signal: it grows with every layer"
    elif through_time:
        key, cause = "exploding_time", through_time
    elif at_start:
        key = "exploding_init"
        cause = "the first weights are so large that signals grow from layer to layer"
    else:
        key = "exploding_lr"
        cause = "each step overshoots: the learning rate is too big for this net"
    held = norms > min(T.BAND_HIGH, T.SPIKE_NORM * first)
    rows = _largest(reading)
    return Finding(
        SYMPTOM,
        Severity.CRITICAL,
        reading.since(held),
        f"total gradient norm {norm(now)} (first {norm(first)}), loss {norm(reading.loss)} (first "
        f"{norm(reading.start_loss)}), and no progress",
        cause,
        ADVICE[key],
        rows,
        reading.names(list(rows)),
    )


def exploded_and_died(reading: Reading) -> Finding | None:
    """A spike, and nothing moves since: never NaN, and sick all the same."""
    used = reading.used
    if reading.learned or reading.critic or reading.seen < T.SUSTAINED_STEPS or not len(used):
        return None
    norms, losses = reading.facts.total_norm[used], reading.facts.loss[used]
    spike = int(np.argmax(norms))
    first, peak = float(np.median(norms[:3])), float(norms[spike])
    now = float(np.median(norms[-T.WINDOW :]))
    dead = tuple(int(r) for r in reading.rows if reading.dead[r] >= T.DEAD_SHARE)
    rise = float(losses.max()) / max(reading.reference_loss, reading.start_loss)
    spiked = peak > T.SPIKE_FLOOR and (peak > T.SPIKE_NORM * first or rise > T.SPIKE_LOSS)
    shortened = reading.facts.clip_coefficient[used[spike]] < T.CLIPPED
    collapsed = peak > T.BAND_HIGH and now < T.COLLAPSE * peak and not shortened
    if not ((dead and spiked and now < peak / 3) or collapsed):
        return None
    since = f"; {len(dead)} of {len(reading.rows)} layers are dead since" if dead else ""
    at_start = spike == 0
    before = "" if at_start else f"norm {norm(first)} at first, "
    return Finding(
        SYMPTOM,
        Severity.CRITICAL,
        int(reading.facts.steps[used[_onset(norms[: spike + 1])]]),
        f"{before}norm {norm(peak)} at step {int(reading.facts.steps[used[spike]])}, {norm(now)} "
        f"now{since}",
        "the first gradient was out of all proportion, and that one step ruined the weights: first "
        "it exploded, then it died"
        if at_start
        else "one overshooting step pushed the weights so far that hardly any input reaches the "
        "output: first it exploded, then it died",
        ADVICE["exploding_init" if at_start else "exploding_lr"],
        dead or _highest(reading, used[spike]),
        reading.names(list(dead or _highest(reading, used[spike]))),
    )


def _merely_unscaled(reading: Reading) -> bool:
    """Large, and the loss no worse for it: the business of `badly_scaled`."""
    return reading.facts.info.task == "regression" and reading.loss < 1.5 * reading.start_loss


def _time_growth(reading: Reading) -> str:
    """The cause in words when the signal grows towards earlier time steps, else ""."""
    rows = reading.facts.layout.time_rows
    if len(rows) < 3:
        return ""
    signal = reading.typical(rows, reading.now)
    if not signal[0] > T.TIME_GROWTH * max(float(signal[-1]), 1e-300):
        return ""
    return (
        f"the signal grows {norm(float(signal[0] / signal[-1]))} times on its way back through "
        f"{len(rows)} time steps: the recurrent weights enlarge it at each"
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
        ADVICE["exploding_init"],
        tuple(int(r) for r in rows),
        tuple(facts.layout.rows[int(r)].name for r in rows),
    )


def _largest(reading: Reading) -> tuple[int, ...]:
    """`_highest` at the last step."""
    return _highest(reading, reading.used[-1]) if len(reading.used) else ()


def _highest(reading: Reading, at: int | np.int64) -> tuple[int, ...]:
    """Rows whose gradient was above the band at a kept step, or at least the largest one."""
    norms = reading.facts.judged_norms[at, reading.rows]
    high = reading.rows[norms > T.BAND_HIGH]
    return tuple(int(r) for r in (high if len(high) else reading.rows[[int(np.argmax(norms))]]))


def _onset(norms: FloatArray) -> int:
    """Index of the first step whose norm leaves the size that the first steps had for good."""
    usual = 3 * float(np.median(norms[:3]))
    below = np.flatnonzero(norms <= usual)
    return min(int(below[-1]) + 1 if len(below) else 0, len(norms) - 1)
