"""What each row's newest norm says, in one word of `glyph.SIGNS`."""

import numpy as np

from gradtui.app.render.scale import BAND
from gradtui.core.facts import Facts
from gradtui.core.layout import BoolArray, Layout
from gradtui.core.snapshot import Grad
from gradtui.core.symptom import CONVERGED
from gradtui.doctor.finding import Diagnosis

_OF_SYMPTOM = {
    "nonfinite": "nonfinite",
    "exploding_gradient": "explode",
    "fp16_underflow": "zero",
    "vanishing_gradient": "vanish",
    "dead_relu": "dead",
    "saturated": "saturated",
}
"""What a finding that names rows makes of them, where the number itself does not say worse."""


def row_states(facts: Facts | None, layout: Layout, diagnosis: Diagnosis) -> list[str]:
    """[rows] state names at the last step of `facts`."""
    rows = len(layout.rows)
    if facts is None or not len(facts):
        return ["waiting"] * rows
    norms = facts.row_norms[-1]
    quiet = diagnosis.verdict == CONVERGED
    # Each overrides those before it.
    states = np.full(rows, "ok", object)
    with np.errstate(invalid="ignore"):
        states[norms > 10 ** BAND[1]] = "explode"
        states[norms < 10 ** BAND[0]] = "low" if quiet else "vanish"
        states[norms == 0] = "low" if quiet else "zero"
    by_number = states.copy()
    for finding in reversed(diagnosis.findings):  # the worst is the first
        word = _OF_SYMPTOM.get(finding.symptom)
        if word:
            named = [row for row in finding.rows if row < rows]
            states[named] = by_number[named] if word == "nonfinite" else word
    states[~np.isfinite(norms)] = "skipped" if facts.skipped[-1] else "nonfinite"
    states[rows_without_gradient(facts)] = "none"
    states[layout.structural_rows & (norms == 0)] = "structural"
    out: list[str] = states.tolist()
    return out


def rows_without_gradient(facts: Facts) -> BoolArray:
    """[rows] True for those none of whose tensors had a gradient at the last step: neither a norm nor a
    count was taken."""
    layout, last = facts.layout, facts.grads[-1]
    seen = ~(np.isnan(last[:, Grad.NORM]) & np.isnan(last[:, Grad.NONFINITE]))
    return np.asarray(np.bincount(layout.row_of[seen], minlength=len(layout.rows)) == 0)
