"""The line above a chart: what it shows, with values of one step."""

from gradtui.app.render.curve_drawing import mark
from gradtui.app.render.line import Line, Piece
from gradtui.app.render.number import number, reading
from gradtui.app.render.quantities import NAMES, NORM, Curve, Quantity, quantity
from gradtui.app.render.stage import stage_words
from gradtui.app.render.text import fit, safe, to_ascii
from gradtui.app.view import Choice, View

NAME = 24
"""Cells of a metric's name in the title."""


def chart_title(
    view: View, shown: Quantity, width: int, *, log: bool, step: int | None = None, guess: str = ""
) -> Line:
    """Exactly as much as there is room for. Values are the newest ones, or those of `step`."""
    return _fitted(_pieces(view, shown, log, width, step, guess), width)


def title_of(view: View, choice: Choice) -> str:
    """What a chart is called."""
    if view.facts is not None and len(view.facts):
        name = safe(quantity(view, choice).main.name)
        return to_ascii(name) if view.ascii_only else name
    return NAMES[choice.kind] if choice.kind in NAMES else safe(choice.name)


def short_name(curve: Curve, view: View) -> str:
    """A curve's name in few cells."""
    name = fit(safe(curve.name), NAME)
    return to_ascii(name) if view.ascii_only else name


def called(view: View, cells: int = NAME) -> str:
    """What the compared run is called."""
    name = fit(safe(view.reference.called), cells) if view.reference is not None else ""
    return to_ascii(name) if view.ascii_only else name


def said(choice: Choice, value: float) -> str:
    """A value in words: norms are the same number everywhere."""
    return number(value) if choice == NORM else reading(value)


def look_of(value: float, otherwise: str) -> str:
    """The meaning that a number is drawn in."""
    return otherwise if abs(value) < float("inf") else "nonfinite"


def _pieces(
    view: View, shown: Quantity, log: bool, room: int, step: int | None, guess: str
) -> Line:
    assert view.facts is not None
    now = _value(shown.main, step)
    linear = view.log_scale and shown.logarithmic
    scale = "log" if log else "linear, has negative values" if linear else "linear"
    words = "-" if now is None else said(shown.choice, now)
    name = short_name(shown.main, view)
    out: list[Piece] = [(f" {name} ", "title"), (words, look_of(now or 0.0, "strong"))]
    then = _value(shown.validation, step) if shown.validation is not None else None
    if shown.validation is not None and then is not None:
        sign, other = mark(view.ascii_only), short_name(shown.validation, view)
        words = f"  {sign} {other} {said(shown.choice, then)}"
        used = sum(len(text) for text, _ in out)
        short = f"  {sign} {said(shown.choice, then)}"
        out.append((words if used + len(words) <= room else short, look_of(then, "reference")))
    out.append((f"  {scale}", "quiet"))
    if shown.choice == NORM and stage_words(view):
        out.append((f"  {stage_words(view)}", "quiet"))
    if shown.twin is not None:
        sick = shown.twin.at(int(view.facts.steps[-1]) if step is None else step)
        if sick is not None:
            words = f"  {mark(view.ascii_only)} {called(view)} {said(shown.choice, sick[1])}"
            out.append((words, "reference"))
    if guess:
        out.append((f"  {guess}", "quiet"))
    return tuple(out)


def _value(curve: Curve, step: int | None) -> float | None:
    if step is None:
        return float(curve.values[-1])
    found = curve.at(step)
    return found[1] if found is not None else None


def _fitted(title: Line, width: int) -> Line:
    """Without the pieces that there is no room for, last ones first: half a number misleads."""
    name, now, *rest = title
    kept = [name, now] if len(name[0]) + len(now[0]) <= width else [now]
    room = width - sum(len(text) for text, _ in kept)
    for piece in rest:
        room -= len(piece[0])
        if room < 0:
            break
        kept.append(piece)
    return tuple(kept)
