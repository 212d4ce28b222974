"""Weights that the optimizer's own division has made NaN, with loss and gradients in order."""

from dataclasses import replace

import numpy as np

from gradtui.core.facts import Facts
from gradtui.core.snapshot import Grad, NonFinite
from gradtui.doctor import thresholds as T
from gradtui.doctor.finding import Finding
from gradtui.doctor.reading import Reading
from gradtui.doctor.remedies import choices

EPS = 1e-8
"""Of Adam and its kin, by default."""


def by_division(finding: Finding, before: Reading, facts: Facts) -> Finding:
    """`finding` of the first NaN, with the division that made it for a cause where the first steps tell
    it: an eps that half precision rounds to 0, a gradient that is exactly 0."""
    seen = facts.first_nonfinite
    if seen is None or seen.phase != "weights":
        return finding
    at = np.flatnonzero(facts.steps == seen.step)
    if not len(at) or at[0] > T.STARTING or not facts.total_norm[at[0]] < T.BAND_HIGH:
        return finding  # what comes later steps may have led to
    if before.adaptive and "float16" in facts.info.precision.split(", "):
        return replace(
            finding,
            cause=f"the update divides by nothing: an eps of {EPS:g}, as the optimizer has by default, is 0 "
            f"in float16, which holds nothing below {T.HALF_SMALLEST:g}, and so is the square of a small "
            "gradient; loss and gradients were finite",
            remedies=choices.EPS_IN_HALF,
        )
    if _gradient_is_zero(seen, facts, int(at[0])):
        return replace(
            finding,
            cause=f"the gradient of {seen.tensor} is exactly 0, as behind weights that begin at 0, and the "
            "optimizer's own arithmetic divides by its size; loss and gradients were finite",
            remedies=choices.ZERO_IN_UPDATE,
        )
    return finding


def _gradient_is_zero(seen: NonFinite, facts: Facts, at: int) -> bool:
    names = [tensor.name for tensor in facts.layout.tensors]
    for name in (seen.tensor, f"{seen.module}.{seen.tensor}"):
        if name in names:
            return bool(facts.grads[at, names.index(name), Grad.NORM] == 0)
    return False
