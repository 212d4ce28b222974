"""Statistics that a few odd values do not move, of what is there."""

import numpy as np

from gradtui.core.layout import FloatArray


def middle(values: FloatArray) -> FloatArray:
    """Median over the first axis of what is there; NaN where nothing is."""
    missing = np.isnan(values)
    if not missing.any():
        return np.asarray(np.median(values, axis=0))
    empty = missing.all(axis=0)
    out = np.nanmedian(np.where(empty, 0.0, values), axis=0)
    return np.asarray(np.where(empty, np.nan, out))


def median(values: FloatArray) -> float:
    """Of the numbers that are there; NaN where none is."""
    known = values[~np.isnan(values)]
    return float(np.median(known)) if len(known) else float("nan")


def spread(values: FloatArray) -> float:
    """Robust standard deviation."""
    return 1.4826 * median(np.abs(values - median(values)))
