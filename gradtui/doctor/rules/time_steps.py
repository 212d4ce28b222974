"""Recurrent nets: what fades or grows from one time step to the one before."""

import numpy as np

from gradtui.core.symptom import Severity
from gradtui.doctor import thresholds as T
from gradtui.doctor.finding import Finding
from gradtui.doctor.reading import Reading
from gradtui.doctor.recurrence import recurrent_gains
from gradtui.doctor.remedies import choices
from gradtui.doctor.words import norm


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
        "vanishing_gradient",
        Severity.CRITICAL,
        reading.since(history[:, 0] < T.TIME_RATIO * history.max(axis=1)),
        f"signal {norm(float(signal[0]))} at the first time step, {norm(last)} near the last",
        cause,
        choices.VANISHING_TIME,
        tuple(int(r) for r in faded),
        reading.names(faded),
    )


def fading_memory(reading: Reading) -> Finding | None:
    """A plain recurrent net that still guesses, whose recurrent weights shrink every signal."""
    if reading.progress or reading.critic or reading.seen < T.RECURRENT_STEPS:
        return None
    gains = recurrent_gains(reading)
    rows = tuple(row for row, gain in gains.items() if gain < T.GAIN_FADING)
    if not rows or not (reading.guessing or reading.at_the_mean):
        return None
    mean = reading.facts.info.mean_loss
    beside = (
        f"the mean of the targets costs {mean:.3g}" if reading.at_the_mean else reading.guess_words
    )
    gain = max(gains[row] for row in rows)
    return Finding(
        "vanishing_gradient",
        Severity.WARNING,
        int(reading.facts.steps[0]),
        f"after {reading.seen:,} steps the loss is {reading.loss:.3g}, {beside}; the recurrent weights "
        f"multiply a signal by about {gain:.2f} a time step, {norm(gain**20)} over 20",
        "at each time step back the signal is multiplied by recurrent weights of a gain below 1: "
        "what came early in a sequence has no part in learning",
        choices.VANISHING_TIME,
        rows,
        reading.names(list(rows)),
    )


def time_growth(reading: Reading) -> str:
    """The cause in words when the signal grows towards earlier time steps, else ""."""
    rows = reading.facts.layout.time_rows
    if len(rows) >= 3:
        signal = reading.typical(rows, reading.now)
        if not signal[0] > T.TIME_GROWTH * max(float(signal[-1]), 1e-300):
            return ""
        return (
            f"the signal grows {norm(float(signal[0] / signal[-1]))} times on its way back through "
            f"{len(rows)} time steps: the recurrent weights enlarge it at each"
        )
    gains = recurrent_gains(reading)
    if not gains or max(gains.values()) <= T.GAIN_GROWING:
        return ""
    return (
        f"the recurrent weights multiply a signal by about {max(gains.values()):.1f} at each time "
        "step back: it grows with every one"
    )
