"""Units that do not respond: dead ones, saturated ones, gradients rounded to zero in half precision."""

import numpy as np

from gradtui.core.snapshot import Act, Grad
from gradtui.core.symptom import Severity
from gradtui.health import thresholds as T
from gradtui.health.advice import ADVICE
from gradtui.health.finding import Finding
from gradtui.health.reading import Reading
from gradtui.health.words import norm, percent


def dead_relu(reading: Reading) -> Finding | None:
    """Layers nine tenths of whose units are zero for every input of several batches."""
    # Past a skip connection the signal lives on: there, dead units only matter if it does not help.
    patience = T.PATIENCE if reading.facts.info.residual else T.STILL_STEPS
    if reading.progress or reading.seen < patience:
        return None
    rectified = [r for r in reading.rows if _rectifies(reading, int(r))]
    rows = tuple(int(r) for r in rectified if reading.dead[r] >= T.DEAD_SHARE)
    if not rows or len(reading.activations) < T.ACTIVATION_WINDOW:
        return None
    if faded_forward(reading):
        return None
    shares = reading.dead[list(rows)]
    gone = int((shares == 1).sum())
    whole = f"; {gone} of them let nothing through at all" if gone else ""
    return Finding(
        "dead_relu",
        Severity.CRITICAL,
        _since(reading, rows, Act.DEAD, T.DEAD_SHARE),
        f"{len(rows)} of {len(rectified)} rectified layers have at least "
        f"{percent(float(shares.min()))} of their units at zero for every input{whole}",
        "a ReLU that is negative for all inputs has no output and no gradient, and so can never "
        "come back: large steps or low biases put it there",
        ADVICE["dead_relu"],
        rows,
        reading.names(list(rows)),
    )


def saturated(reading: Reading) -> Finding | None:
    """Bounded activations pinned at their flat ends in a good part of the layers."""
    if reading.progress or reading.seen < T.STILL_STEPS:
        return None
    shares = reading.share(Act.SATURATED)
    bounded = [int(r) for r in reading.rows if not np.isnan(shares[r])]
    rows = tuple(r for r in bounded if shares[r] >= T.SATURATED_SHARE)
    if len(reading.activations) < T.ACTIVATION_WINDOW:
        return None
    if not rows or len(rows) < T.SATURATED_ROWS * len(bounded):
        return None
    return Finding(
        "saturated",
        Severity.CRITICAL,
        _since(reading, rows, Act.SATURATED, T.SATURATED_SHARE),
        f"{len(rows)} of {len(bounded)} layers have at least "
        f"{percent(float(shares[list(rows)].min()))} of their outputs on the flat ends, and no progress",
        "the inputs of the activation are so large that its slope is almost zero: units are pinned, "
        "whatever the gradient wants",
        ADVICE["saturated"],
        rows,
        reading.names(list(rows)),
    )


def fp16_underflow(reading: Reading) -> Finding | None:
    """Half-precision gradients that are exactly zero where real numbers would not be."""
    if not reading.half or reading.progress or not len(reading.now):
        return None
    if reading.seen < 3 or not len(reading.rows):
        return None
    zero = reading.zero_fraction >= T.ZERO_FRACTION
    if zero.mean() < T.ZERO_ROWS:
        return None
    dead = np.nan_to_num(reading.dead[reading.rows]) >= T.DEAD_SHARE
    if (zero & dead).any() and not faded_forward(reading):
        return None
    judged = reading.facts.layout.judged
    largest = float(np.nanmax(reading.facts.grads[reading.now[-1]][judged, Grad.ABS_MAX]))
    rows = tuple(int(r) for r in reading.rows[zero])
    history = reading.facts.grads[:, judged, Grad.NORM]
    return Finding(
        "fp16_underflow",
        Severity.CRITICAL,
        reading.since((history == 0).mean(axis=1) >= T.ZERO_ROWS),
        f"{len(rows)} of {len(reading.rows)} layers have gradients that are exactly zero; the largest "
        f"entry of any weight gradient is {norm(largest)}",
        f"half precision holds nothing below {T.HALF_SMALLEST:g}: what is smaller becomes 0",
        ADVICE["fp16_underflow"],
        rows,
        reading.names(list(rows)),
    )


def faded_forward(reading: Reading) -> bool:
    """Whether outputs fade layer by layer until they round to zero, rather than being cut by ReLUs:
    then units look dead that are not."""
    if not len(reading.activations):
        return False
    rms = np.median(reading.activations[:, :, Act.RMS], axis=0)[reading.rows]
    dead = np.nan_to_num(reading.dead[reading.rows]) >= T.DEAD_SHARE
    before = rms[: int(np.argmax(dead))]
    alive = before[before > 0]
    faint = T.FADED_HALF if reading.half else T.FADED
    return bool(dead.any() and len(alive) and alive[-1] < faint)


def _rectifies(reading: Reading, row: int) -> bool:
    return reading.facts.layout.rows[row].activation in ("relu", "relu6")


def _since(reading: Reading, rows: tuple[int, ...], column: int, share: float) -> int:
    """The step from which the first of these rows has been beyond `share` without a break."""
    at = reading.facts.activations_at
    beyond = reading.facts.activations[at][:, list(rows), column] >= share
    # The last False of each row, counted from the end; a row without any holds from the start.
    unbroken = np.where(beyond.all(axis=0), len(at), np.argmin(beyond[::-1], axis=0))
    first = len(at) - int(unbroken.max())
    return int(reading.facts.steps[at[min(first, len(at) - 1)]])
