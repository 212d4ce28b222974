"""Design or training: whose fault the gradients are, in one sentence."""

import math

import numpy as np

from gradtui.core.layout import FloatArray
from gradtui.theory.mean_field import Prediction

FAULT = 3.0
"""Decades between input and output from which on a design is at fault (`VANISHING_RATIO`)."""
APART = 1.5
"""Decades between predicted and measured from which on training, not design, speaks: twice what a
narrow deep net scatters."""


def verdict_of_theory(design: Prediction | None, measured: FloatArray) -> str:
    """`design`: of the first weights. `measured` [stages]: gradient norms of the rows now, input side
    first. One sentence for people; empty where nothing can be said.

    Norms are compared as first layer over output, as the prediction knows no more than that.
    """
    if design is None or len(measured) != len(design.row):
        return ""
    first, last = float(measured[0]), float(measured[-1])
    known = np.isfinite(design.row).all() and np.isfinite(design.chi[:-1]).all()
    if not (known and 0 <= first < math.inf and 0 < last < math.inf):
        return ""
    with np.errstate(divide="ignore"):
        expected = float(np.log10(design.row[0]))
        found = float(np.log10(first / last)) if first > 0 else -math.inf
    steps = len(design.row) - 1
    chi = per_layer(design)
    numbers = f"first/last predicted {power(expected)}, measured {power(found)}"
    forward = float(np.log10(design.rms[-1] / design.rms[0])) if design.rms[0] > 0 else 0.0
    back = float(np.log10(chi)) / 2 * steps
    if abs(expected) >= FAULT or abs(back) >= FAULT:
        verb = "loses" if back < 0 else "adds"
        said = (
            f"By design: the initialisation {verb} {abs(back) / steps:.2g} decades a layer "
            f"x {steps} layers"
        )
        if abs(forward) >= FAULT and abs(expected) < FAULT:
            said += f" on the way back, and {abs(forward) / steps:.2g} on the way forward"
        if abs(found - expected) > APART:
            better = abs(found) < abs(expected)
            return f"{said}; training has {'mended' if better else 'worsened'} it: {numbers}"
        return f"{said}; {numbers}"
    if abs(found - expected) > APART:
        return f"The design is sound (chi = {chi:.2g} a layer); training made it so: {numbers}"
    return f"The design is sound (chi = {chi:.2g} a layer), and the gradients follow it: {numbers}"


def per_layer(prediction: Prediction) -> float:
    """chi of a typical layer: the geometric mean over the net, without the output's own factor."""
    inner = prediction.chi[:-2] if len(prediction.chi) > 3 else prediction.chi[:-1]
    with np.errstate(divide="ignore"):
        return float(np.exp(np.mean(np.log(inner))))


def power(log: float) -> str:
    """10 to the `log`, in few characters, whatever the range of floats."""
    if not math.isfinite(log):
        return "0" if log < 0 else "inf"
    whole = math.floor(log)
    lead = f"{10 ** (log - whole):.1f}"
    if lead == "10.0":
        lead, whole = "1.0", whole + 1
    return f"{lead}e{whole}" if abs(whole) > 1 else f"{10**log:.2g}"
