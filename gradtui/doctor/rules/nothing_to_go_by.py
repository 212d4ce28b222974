"""Gradients that were there and are exactly zero since: all is learned, or the loss hangs on nothing any
more."""

import numpy as np

from gradtui.core.layout import BoolArray
from gradtui.core.snapshot import Grad
from gradtui.doctor import thresholds as T
from gradtui.doctor.reading import Reading
from gradtui.doctor.words import norm


def nothing_left(reading: Reading) -> str:
    """A clause where nearly all late gradients are exactly 0, and earlier ones were not; else "". A loss that
    is as low as it can be has none either, and a policy all of whose actions are worth the same: it has
    learned its task, or gets nothing any more."""
    zero = _nothing(reading)
    late = zero[-T.WINDOW :]
    if reading.half or reading.critic or reading.blind or len(zero) < 2 * T.WINDOW:
        return ""
    if not reading.signed and reading.loss <= T.CONVERGED_LOSS * reading.reference_loss:
        return ""
    if late.mean() < T.NOTHING_LATE or not zero[: T.WINDOW].mean() < T.NOTHING_FIRST:
        return ""
    return (
        f"every gradient is exactly 0 at {int(late.sum())} of the last {len(late)} measured steps, and the "
        f"loss is {norm(reading.loss)}: it is as low as it can be, or it hangs on nothing any more (an empty "
        "mask, a clamp, no reward at all: is the sign of a policy's loss right?)"
    )


def _nothing(reading: Reading) -> BoolArray:
    """[measured] whether all gradients that were measured are exactly 0."""
    norms = reading.facts.grads[reading.used][..., Grad.NORM]
    known = ~np.isnan(norms)
    nothing = ~((norms != 0) & known).any(axis=1)
    return np.asarray(
        nothing[known.any(axis=1)]
    )  # of steps that were not measured nothing is known
