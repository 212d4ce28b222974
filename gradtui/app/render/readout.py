"""One line of a chart's cursor: the step, when that was, and the values of everything there."""

from datetime import datetime

from gradtui.app.render.chart_title import called, look_of, said, short_name
from gradtui.app.render.curve_drawing import mark
from gradtui.app.render.line import Line, Piece, sized, width
from gradtui.app.render.number import count, duration
from gradtui.app.render.quantities import NORM, RATE, Curve, Quantity, quantities, quantity
from gradtui.app.render.text import to_ascii
from gradtui.app.render.x_scale import clock_of, epoch_words
from gradtui.app.view import LOSS, Choice, View

LATEST = 253402214400.0
"""Seconds since 1970 up to which there are dates."""


def readout_line(view: View, step: int, first: Choice, cells: int) -> Line:
    """Exactly `cells`, what the charts show first: of each curve the newest value that is not after the
    step, and its own step where that is another one."""
    out: list[Piece] = [(" step ", "quiet"), (count(step), "strong"), *_when(view, step)]
    for piece in _values(view, step, first):
        if width((*out, *piece)) <= cells:
            out += piece
    return sized(tuple(out), cells)


def _when(view: View, step: int) -> list[Piece]:
    assert view.facts is not None
    out: list[Piece] = []
    clock = clock_of(view.facts)
    if clock is not None:
        seconds = float(clock.at(float(step)))
        out.append((f"  {duration(seconds)}", ""))
        if 0 < clock.began + seconds < LATEST:
            out.append((f" ({datetime.fromtimestamp(clock.began + seconds):%H:%M:%S})", "quiet"))
    total = view.info.steps if view.info is not None else 0
    if epoch := epoch_words(view.info, step + 1, total):
        out += [("  epoch ", "quiet"), (epoch, "")]
    return out


def _values(view: View, step: int, first: Choice) -> list[list[Piece]]:
    """Of each curve: what is drawn, then loss and learning rate, then all that was logged."""
    drawn = [quantity(view, first), quantity(view, NORM)]
    have = {one.choice for one in drawn}
    known = {one.choice: one for one in quantities(view)}
    rest = [known[c] for c in (LOSS, RATE) if c in known and c not in have]
    rest += [one for choice, one in known.items() if choice not in (*have, LOSS, RATE)]
    out: list[list[Piece]] = []
    told: set[str] = set()  # the validation loss is drawn over the loss, and is a metric as well
    for one in (*drawn, *rest):
        if one.main.name not in told:
            out.append(_value(view, one, one.main, step, short_name(one.main, view), ""))
        if one.validation is not None and one.validation.name not in told:
            name = short_name(one.validation, view)
            out.append(_value(view, one, one.validation, step, name, "reference"))
        told |= {curve.name for curve in (one.main, one.validation) if curve is not None}
        if one.twin is not None and one in drawn:
            out.append(_value(view, one, one.twin, step, called(view), "reference"))
    return [pieces for pieces in out if pieces]


def _value(
    view: View, shown: Quantity, curve: Curve, step: int, name: str, meaning: str
) -> list[Piece]:
    found = curve.at(step)
    if found is None:
        return []
    at, value = found
    sign = f"{mark(view.ascii_only)} " if meaning else ""
    out: list[Piece] = [(f"   {sign}", meaning), (f"{name} ", "quiet")]
    out.append((said(shown.choice, value), look_of(value, meaning or "strong")))
    if at != step:
        word = f" at {count(at)}"
        out.append((to_ascii(word) if view.ascii_only else word, "quiet"))
    return out
