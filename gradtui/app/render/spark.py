"""A history of log10 norms in one line of blocks."""

from math import ceil, floor, isnan

import numpy as np

from gradtui.app.render.glyph import blocks
from gradtui.app.render.line import Line, Piece, merged
from gradtui.core.layout import FloatArray

MIN_SPAN = 2
"""Decades from bottom to top at least: noise of a factor two must not look like a mountain range."""


def limits(logs: FloatArray) -> tuple[int, int]:
    """Whole decades around the finite values, so that the scale moves seldom."""
    finite = logs[np.isfinite(logs)]
    if not finite.size:
        return 0, MIN_SPAN
    low, high = floor(float(finite.min())), ceil(float(finite.max()))
    missing = MIN_SPAN - (high - low)
    return (low - (missing + 1) // 2, high + missing // 2) if missing > 0 else (low, high)


def spark(logs: FloatArray, meaning: str, *, ascii_only: bool = False) -> Line:
    """One character a value. NaN and infinity are "!", zero is "0": never gaps."""
    low, high = limits(logs)
    levels = blocks(ascii_only)[:-1]
    out: list[Piece] = []
    for log in logs.tolist():
        if isnan(log) or log == float("inf"):
            out.append(("!", "nonfinite"))
        elif log == float("-inf"):
            out.append(("0", meaning))
        else:
            level = int((log - low) / (high - low) * len(levels))
            out.append((levels[min(max(level, 0), len(levels) - 1)], meaning))
    return merged(out)
