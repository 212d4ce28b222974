"""What each row's newest norm says, in one word of `glyph.SIGNS`."""

from math import isinf, isnan

import numpy as np

from gradtui.app.render.scale import BAND
from gradtui.core.facts import Facts
from gradtui.core.layout import Layout
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
    found: dict[int, str] = {}
    for finding in diagnosis.findings:
        word = _OF_SYMPTOM.get(finding.symptom)
        for row in finding.rows if word else ():
            found.setdefault(row, word or "")
    structural = {t.row for t in layout.tensors if t.structural_zero}
    structural -= {t.row for t in layout.tensors if not t.structural_zero}
    missing = rows_without_gradient(facts)
    quiet = diagnosis.verdict == CONVERGED
    skipped = bool(facts.skipped[-1])
    norms = facts.row_norms[-1].tolist()
    return [
        "structural"
        if row in structural and norm == 0
        else "none"
        if row in missing
        else _state(norm, found.get(row), quiet, skipped)
        for row, norm in enumerate(norms)
    ]


def _state(norm: float, found: str | None, quiet: bool, skipped: bool) -> str:
    if isnan(norm) or isinf(norm):
        return "skipped" if skipped else "nonfinite"
    if found and found != "nonfinite":
        return found
    if norm == 0:
        return "low" if quiet else "zero"
    if norm < 10 ** BAND[0]:
        return "low" if quiet else "vanish"
    if norm > 10 ** BAND[1]:
        return "explode"
    return "ok"


def rows_without_gradient(facts: Facts) -> set[int]:
    """Rows none of whose tensors had a gradient at the last step: neither a norm nor a count was taken."""
    last = facts.grads[-1]
    seen = ~(np.isnan(last[:, Grad.NORM]) & np.isnan(last[:, Grad.NONFINITE]))
    have = set(facts.layout.row_of[seen].tolist())
    return {row for row in range(len(facts.layout.rows)) if row not in have}
