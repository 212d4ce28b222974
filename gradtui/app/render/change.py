"""By how much the norms of rows have changed of late."""

from math import isfinite

import numpy as np

from gradtui.core.facts import Facts
from gradtui.core.layout import FloatArray

BACK = 100
"""Steps before the one that is looked at with which it is compared."""
AROUND = 8
"""Kept steps whose median stands for each of the two."""


def changes(facts: Facts | None) -> FloatArray:
    """[rows] the norm now over the norm BACK steps ago, medians of AROUND kept steps each; NaN where either
    is not known, is zero or not finite. Empty while there is nothing to compare."""
    if facts is None or len(facts) < 2 * AROUND:
        return np.empty(0)
    before = int(np.searchsorted(facts.steps, int(facts.steps[-1]) - BACK, side="right"))
    start = min(max(before - AROUND, 0), len(facts) - 2 * AROUND)
    then, now = (
        np.median(part, axis=0)
        for part in (
            facts.row_norms[start : start + AROUND],
            facts.row_norms[-AROUND:],
        )
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = now / then
    sound: FloatArray = np.where(np.isfinite(ratio) & (ratio > 0), ratio, np.nan)
    return sound


def change_text(ratio: float, ascii_only: bool) -> str:
    """ "×1.3", "×0.04", "×2e+05"; "-" where it is not known."""
    if not isfinite(ratio):
        return "-"
    digits = f"{ratio:.2g}" if 1e-3 <= ratio < 1e4 else f"{ratio:.0e}"
    return f"{'x' if ascii_only else '×'}{digits}"
