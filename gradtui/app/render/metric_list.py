"""Lines of the list that a chart's quantity is chosen from: name, newest values, and a short history."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from rich.cells import cell_len

from gradtui.app.render.glyph import blocks
from gradtui.app.render.line import Line, Piece, sized
from gradtui.app.render.number import reading
from gradtui.app.render.quantities import Curve, Quantity
from gradtui.app.render.text import fit, safe, to_ascii
from gradtui.core.layout import FloatArray

SPARK, VALUE, LEAST = 16, 9, 12
"""Cells of the history and of a value, and of a name at least."""


SAME = 1e-6
"""Relative difference up to which values are one level: sums of equal numbers differ by less."""


def matching(found: Sequence[Quantity], text: str) -> list[Quantity]:
    """Those in whose names every word of `text` occurs."""
    words = text.casefold().split()
    return [one for one in found if all(word in names_of(one).casefold() for word in words)]


def names_of(shown: Quantity) -> str:
    """Of training, and of validation where there is that."""
    both = [shown.main, *([shown.validation] if shown.validation is not None else [])]
    return ", ".join(safe(one.name) for one in both)


def metric_line(shown: Quantity, cells: int, *, ascii_only: bool = False) -> Line:
    """Exactly `cells`: the name gives way first, then the history."""
    values = [_value(shown.main)]
    if shown.validation is not None:
        values.append(_value(shown.validation))
    room = cells - 2 - len(values) * (VALUE + 1)
    spark = SPARK if room - SPARK - 1 >= LEAST else 0
    name = fit(names_of(shown), max(room - (spark + 1 if spark else 0), 1))
    name = to_ascii(name) if ascii_only else name
    width = room - (spark + 1 if spark else 0)
    out: list[Piece] = [("  " + name + " " * max(width - cell_len(name), 0), "")]
    for (text, finite), meaning in zip(values, ("strong", "reference"), strict=False):
        out.append((f" {text:>{VALUE}}", meaning if finite else "nonfinite"))
    if spark:
        # One history: that of the values on which a run is judged.
        curve = shown.validation if shown.validation is not None else shown.main
        drawn = mini(curve.values, spark, ascii_only=ascii_only)
        meaning = "accent" if shown.validation is None else "reference"
        out.append((" ", ""))
        out += [(char, "nonfinite" if char == "!" else meaning) for char in drawn]
    return sized(tuple(out), cells)


def mini(values: FloatArray, cells: int, *, ascii_only: bool = False) -> str:
    """At most `cells` characters, one a value or a stretch of them, from the smallest to the largest.

    A stretch with anything in it that is not finite is "!"."""
    count = min(cells, len(values))
    if not count:
        return ""
    edges = np.linspace(0, len(values), count + 1).astype(int)
    parts = [values[a:b] for a, b in pairwise(edges)]
    # Scaled before they are added up: sums of the largest would overflow.
    means = np.array([(p / (4 * len(p))).sum() if np.isfinite(p).all() else np.nan for p in parts])
    finite = means[np.isfinite(means)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 0.0)
    levels = blocks(ascii_only)[:-1]
    middle = levels[len(levels) // 2]
    out = []
    for mean in means.tolist():
        if mean != mean:
            out.append("!")
        elif not high - low > SAME * max(abs(low), abs(high)):
            out.append(middle)
        else:
            out.append(levels[min(int((mean - low) / (high - low) * len(levels)), len(levels) - 1)])
    return "".join(out)


def _value(curve: Curve) -> tuple[str, bool]:
    """The newest in words, and whether it is finite."""
    newest = float(curve.values[-1])
    return reading(newest), abs(newest) < float("inf")
