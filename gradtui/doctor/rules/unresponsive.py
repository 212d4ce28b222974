"""A loss that no longer depends on the weights, although it is far from solved."""

import numpy as np

from gradtui.core.snapshot import Weight
from gradtui.core.symptom import Severity
from gradtui.doctor import thresholds as T
from gradtui.doctor.finding import Finding
from gradtui.doctor.reading import Reading
from gradtui.doctor.remedies import choices
from gradtui.doctor.robust_statistics import median, spread
from gradtui.doctor.words import norm

BOUNDED = ("Sigmoid", "Tanh", "Softsign", "Hardtanh", "Hardsigmoid", "sigmoid", "tanh", "softsign")


def unresponsive(reading: Reading) -> Finding | None:
    """The gradient has gone to a hundredth and less while the loss has hardly come down, and what
    batches make of the loss does not reach the weights.

    At an optimum with noise left the gradient of a batch is noise of the same kind as its loss; where
    every batch is the same (then the loss is as still as the gradient) nothing can be said.
    """
    # What is left of a cross-entropy with soft targets is their own entropy, batch by batch.
    if reading.facts.info.task != "regression" or reading.critic or reading.signed:
        return None
    if reading.half or reading.seen < T.PLATEAU_STEPS:
        return None
    if not reading.loss > T.WAS_DOWN * reading.start_loss or reading.falling:
        return None
    slopes = _slopes(reading)
    noise = spread(reading.losses[-T.WINDOW :])
    if not len(slopes) or not noise > T.UNRESPONSIVE_NOISE * reading.loss:
        return None
    now, first = median(slopes[-T.WINDOW :]), median(slopes[: T.WINDOW // 4])
    if not (now < T.UNRESPONSIVE * first and now < T.UNRESPONSIVE * noise):
        return None
    faint = np.zeros(len(reading.facts), np.bool_)
    faint[reading.used] = slopes < T.UNRESPONSIVE * first
    last = reading.facts.layout.rows[int(reading.rows[-1])]
    pinned = last.activation.split("(")[0] in BOUNDED
    rows = (int(reading.rows[-1]),) if pinned else tuple(int(r) for r in reading.rows)
    return Finding(
        "saturated" if pinned else "vanishing_gradient",
        Severity.CRITICAL,
        reading.since(faint | reading.facts.skipped),
        f"the loss is {norm(reading.loss)}, {norm(reading.start_loss)} at first, and goes up and down by "
        f"{norm(noise)} from batch to batch; a change of all weights by 1 % would move it by no more "
        f"than {norm(0.01 * now)}",
        "every output lies at the flat end of the last activation: the targets are out of its range"
        if pinned
        else "the output no longer answers to the weights: somewhere units are pinned or cut off",
        choices.OUT_OF_REACH if pinned else choices.SATURATED,
        rows,
        reading.names(list(rows)),
    )


def _slopes(reading: Reading) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """[used] gradient norm times norm of all weights: what the loss changes by at most if these change
    by as much as they are."""
    at = reading.facts.weights_at
    if not len(at):
        return np.zeros(0)
    sizes = reading.facts.weights[at][:, reading.facts.layout.judged, Weight.NORM]
    whole = np.linalg.norm(np.nan_to_num(sizes), axis=1)
    near = np.searchsorted(at, reading.used).clip(0, len(at) - 1)
    return np.asarray(reading.total[reading.used] * whole[near])
