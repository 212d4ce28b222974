"""Lines through points, drawn by plotext on a canvas of its own that never meets the terminal.

plotext ends the process on NaN and raises on infinity, so `polyline` takes nothing but finite
numbers and clamps them to the limits. Log scales are the caller's: it passes log10 values.
"""

import sys
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np

from gradtui.core.layout import FloatArray

DOCUMENTATION = "plotext._doc.doc"
"""A module that writes plotext's manual while it is imported, which takes longer than all the rest of it."""


def _import_plotext() -> Any:
    """plotext without its manual; whole where it does not come without."""
    if "plotext" in sys.modules or DOCUMENTATION in sys.modules:
        import plotext

        return plotext
    unwritten = ModuleType(DOCUMENTATION)
    vars(unwritten)["docs"] = None
    sys.modules[DOCUMENTATION] = unwritten
    try:
        import plotext
    except (ImportError, AttributeError, TypeError):
        del sys.modules[DOCUMENTATION]
        import plotext
    finally:
        # Whoever asks for the manual gets it.
        if sys.modules.get(DOCUMENTATION) is unwritten:
            del sys.modules[DOCUMENTATION]
    return plotext


@cache
def _figure() -> Any:
    # Imported at the first chart, not at the first frame.
    plotext = _import_plotext()
    # It would clip to what it takes for the terminal, 80 x 24 where it cannot ask.
    plotext.terminal.limit(False, False)
    # A figure of our own: plotext.figure is one global object that anyone may draw on.
    return type(plotext.figure)(plotext.terminal)


def polyline(
    x: FloatArray,
    y: FloatArray,
    *,
    x_limits: tuple[float, float],
    y_limits: tuple[float, float],
    width: int,
    height: int,
    ascii_only: bool = False,
    braille: bool = False,
) -> list[str]:
    """`height` strings of `width` characters, spaces where nothing is drawn; in quarters of a cell, or in
    eighths by `braille`."""
    usable = np.isfinite(x) & np.isfinite(y)
    x, y = np.clip(x[usable], *x_limits), np.clip(y[usable], *y_limits)
    if width < 1 or height < 1 or not len(x):
        return [" " * width] * height
    # Drawn in unit coordinates: the kernel's own arithmetic loses 1e308 and denormals.
    x, y = _unit(x, x_limits), _unit(y, y_limits)
    figure = _figure()
    figure.clear.all()
    figure.axes(False)
    figure.canvas("default")
    figure.legend(False)
    figure.plot_size(width, height)
    for axis in (0, 1):
        ruler = figure.ruler(axis, 0)
        ruler.lim(0.0, 1.0)
        ruler.ticks([], [])
    marker = "*" if ascii_only else "braille" if braille else "hd"
    signal = figure.signal(x.tolist(), y.tolist(), marker=marker)
    figure.draw(signal.lines(True) if len(x) > 1 else signal)
    text: str = figure.build().string(colorless=True)
    rows = text.split("\n")[:height]
    return [row.ljust(width)[:width] for row in rows] + [" " * width] * (height - len(rows))


def _unit(values: FloatArray, limits: tuple[float, float]) -> FloatArray:
    low, high = limits
    half = high / 2 - low / 2
    if not half > 0:
        return np.full(len(values), 0.5)
    return np.clip((values / 2 - low / 2) / half, 0.0, 1.0)
