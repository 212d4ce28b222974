"""Gradients that fade: with depth, through time, or everywhere at once."""

import numpy as np

from gradtui.core.layout import FloatArray, IntArray
from gradtui.core.symptom import Severity
from gradtui.health import thresholds as T
from gradtui.health.advice import ADVICE
from gradtui.health.finding import Finding
from gradtui.health.reading import Reading
from gradtui.health.rules.units import faded_forward
from gradtui.health.words import norm

SYMPTOM = "vanishing_gradient"


def vanishing_with_depth(reading: Reading) -> Finding | None:
    """The first layers get next to nothing, the last ones do, and the loss does not move."""
    if reading.progress or len(reading.rows) < 3 or reading.seen < T.STILL_STEPS:
        return None
    for window in (reading.early, reading.now):
        norms = reading.typical(reading.rows, window)
        rms = norms / np.sqrt(reading.row_sizes)
        small = (rms < T.VANISHING_RATIO * np.max(rms)) & (norms < T.VANISHING_NORM)
        count = 0 if small.all() else int(np.argmin(small))
        if count and _patient(reading, window):
            return _with_depth(reading, norms, count, window is reading.early)
    return None


def _with_depth(reading: Reading, norms: FloatArray, count: int, early: bool) -> Finding:
    rows = reading.rows[:count]
    history = reading.facts.judged_norms[:, reading.rows]
    faint = (history[:, 0] < 3 * T.VANISHING_NORM) & (
        history[:, 0] < 10 * T.VANISHING_RATIO * history.max(axis=1)
    )
    first, last = float(norms[0]), float(norms[-1])
    name, end = reading.names(reading.rows[[0, -1]])
    cause = (
        "the weight clip makes each layer pass on only a part of the gradient"
        if reading.critic
        else "each layer passes on only a part of the gradient that reaches it"
    )
    return Finding(
        SYMPTOM,
        Severity.CRITICAL,
        int(reading.facts.steps[0]) if early else reading.since(faint),
        f"gradient norm {norm(first)} at {name}, {norm(last)} at {end}{_decades(first, last)}, and "
        "no progress",
        f"{cause}; over {len(reading.rows)} layers that multiplies to almost nothing",
        ADVICE["vanishing_critic" if reading.critic else "vanishing_depth"],
        tuple(int(r) for r in rows),
        reading.names(rows),
    )


def vanishing_everywhere(reading: Reading) -> Finding | None:
    """All layers alike are far below the healthy band while there is still everything to learn.

    Gradients of exactly zero are somebody else's business (dead units, an output that cannot
    change), unless it was the forward signal that faded until it rounded to zero.
    """
    if reading.progress or not len(reading.rows) or reading.seen < T.STILL_STEPS:
        return None
    for window in (reading.early, reading.now):
        norms = reading.typical(reading.rows, window)
        rounded = (norms == 0).all() and not faded_forward(reading)
        if (norms < T.BAND_LOW).all() and not rounded and _patient(reading, window):
            return _everywhere(reading, norms, window is reading.early)
    return None


def _everywhere(reading: Reading, norms: FloatArray, early: bool) -> Finding:
    faint = np.asarray((reading.facts.judged_norms[:, reading.rows] < T.BAND_LOW).all(axis=1))
    low, high = float(norms.min()), float(norms.max())
    size = f"between {norm(low)} and {norm(high)}" if high else "of exactly 0"
    return Finding(
        SYMPTOM,
        Severity.CRITICAL,
        int(reading.facts.steps[0]) if early else reading.since(faint),
        f"all {len(norms)} layers have gradient norms {size}, and the loss does not move",
        "the signal shrinks in both directions alike, so every layer gets as little: the first "
        "weights are too small",
        ADVICE["vanishing_critic" if reading.critic else "vanishing_uniform"],
        tuple(int(r) for r in reading.rows),
        reading.names(reading.rows),
    )


def vanishing_through_time(reading: Reading) -> Finding | None:
    """The signal at the first time steps is nothing beside that at the last."""
    rows = reading.facts.layout.time_rows
    if reading.progress or len(rows) < 3 or reading.seen < T.STILL_STEPS:
        return None
    signal = reading.typical(rows, reading.now)
    last = float(signal.max())
    if not last > 0:
        return None
    ratio = signal / last
    hopeless = ratio[0] < T.TIME_RATIO_HOPELESS
    if ratio[0] >= T.TIME_RATIO or (not hopeless and reading.seen < T.TIME_PATIENCE):
        return None
    faded = rows[: int(np.argmin(ratio < T.TIME_RATIO))]
    cut = int((signal == 0).sum())
    cause = (
        f"back-propagation is cut off: nothing at all reaches the first {cut} time steps"
        if cut
        else "at each time step back the signal is multiplied by the recurrent weights and the "
        "slope of the activation, which together are less than 1"
    )
    history = reading.facts.judged_norms[:, rows]
    return Finding(
        SYMPTOM,
        Severity.CRITICAL,
        reading.since(history[:, 0] < T.TIME_RATIO * history.max(axis=1)),
        f"signal {norm(float(signal[0]))} at the first time step, {norm(last)} near the last",
        cause,
        ADVICE["vanishing_time"],
        tuple(int(r) for r in faded),
        reading.names(faded),
    )


def _patient(reading: Reading, window: IntArray) -> bool:
    """Whether enough steps have been seen to say that the first layer does not learn.

    Weights that do not move at all are believed soon; ones that move a little get time to prove it.
    """
    if reading.critic:
        return reading.seen >= 2 * T.WINDOW
    still = reading.ratios(window)[0] < T.STILL_RATIO
    return bool(still) or reading.seen >= T.PATIENCE


def _decades(low: float, high: float) -> str:
    if low <= 0 or high <= 0:
        return ""
    return f" ({np.log10(high / low):.0f} powers of ten apart)"
