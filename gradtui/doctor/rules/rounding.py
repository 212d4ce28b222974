"""Numbers that are rounded to zero: gradients in half precision, outputs that fade layer by layer."""

import numpy as np

from gradtui.core.snapshot import Act, Grad, Weight
from gradtui.core.symptom import Severity
from gradtui.doctor import thresholds as T
from gradtui.doctor.finding import Finding
from gradtui.doctor.reading import Reading
from gradtui.doctor.remedies import choices
from gradtui.doctor.words import norm, percent


def fp16_underflow(reading: Reading) -> Finding | None:
    """Half-precision gradients that are exactly zero where real numbers would not be."""
    if not reading.half or reading.progress or not len(reading.now):
        return None
    if reading.seen < 3 or not len(reading.rows):
        return None
    zero = np.nan_to_num(reading.zero_fraction) >= T.ZERO_FRACTION
    if zero.mean() < T.ZERO_ROWS:
        return None
    dead = np.nan_to_num(reading.dead[reading.rows]) >= T.DEAD_SHARE
    if (zero & dead).any() and not faded_forward(reading):
        return None
    judged = reading.facts.layout.judged
    tops = reading.facts.grads[reading.now][:, judged, Grad.ABS_MAX]  # not every step has them
    tops = tops[~np.isnan(tops).all(axis=1)][-1:]
    largest = float(np.nanmax(tops)) if len(tops) else 0.0
    rows = tuple(int(r) for r in reading.rows[zero])
    counts = reading.facts.grads[:, judged, Grad.ZEROS] / reading.facts.layout.numel[judged]
    held = np.isnan(counts).all(axis=1) | ((counts >= T.ZERO_FRACTION).mean(axis=1) >= T.ZERO_ROWS)
    early = float(held[reading.early].mean()) > 0.5
    return Finding(
        "fp16_underflow",
        Severity.CRITICAL,
        int(reading.facts.steps[0]) if early else reading.since(held),
        f"{len(rows)} of {len(reading.rows)} layers have gradients that are exactly zero; the largest "
        f"entry of any weight gradient is {norm(largest)}",
        f"half precision holds nothing below {T.HALF_SMALLEST:g}: what is smaller becomes 0",
        choices.FP16_UNDERFLOW,
        rows,
        reading.names(list(rows)),
    )


def updates_rounded_away(reading: Reading) -> Finding | None:
    """Half-precision weights that plain steps leave where they are: what is added to them is less
    than half of the distance to the next number."""
    info, at = reading.facts.info, reading.facts.weights_at[-T.WINDOW :]
    if not (set(info.precision.split(", ")) & {"bfloat16", "float16"}) or reading.learned:
        return None
    if info.optimizer.lower().split()[:1] != ["sgd"] or reading.seen < T.ROUNDED_STEPS:
        return None
    judged = reading.facts.layout.judged
    updates = reading.facts.weights[at][:, judged, Weight.UPDATE]
    norms = reading.facts.grads[at][:, judged, Grad.NORM]
    wanted = reading.facts.lr[at, None] * norms
    known = (wanted > 0) & np.isfinite(updates)
    if known.sum() < T.ACTIVATION_WINDOW:
        return None
    kept = float(np.median(updates[known] / wanted[known]))
    if kept > T.ROUNDED_AWAY:
        return None
    return Finding(
        "plateau",
        Severity.WARNING,
        int(reading.facts.steps[0]),
        f"of each step {percent(kept)} reaches the weights (norm of the update over learning rate "
        f"times gradient norm, in the middle), and the loss is {norm(reading.loss)}, at first "
        f"{norm(reading.start_loss)}",
        "the weights are kept in half precision: what a step adds to them is mostly too little to "
        "reach the next number, and is rounded away",
        choices.ROUNDED_AWAY,
        tuple(int(r) for r in reading.rows),
        reading.names(reading.rows),
    )


def faded_forward(reading: Reading) -> bool:
    """Whether outputs fade layer by layer until they round to zero, rather than being cut by ReLUs:
    then units look dead that are not."""
    faint = T.FADED_HALF if reading.half else T.FADED
    if not len(reading.activations):
        return reading.growth < faint
    rms = np.median(reading.activations[:, :, Act.RMS], axis=0)[reading.rows]
    dead = np.nan_to_num(reading.dead[reading.rows]) >= T.DEAD_SHARE
    before = rms[: int(np.argmax(dead))]
    alive = before[before > 0]
    return bool(dead.any() and len(alive) and alive[-1] < faint)
