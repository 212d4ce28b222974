"""What running a step once more has found out about its first NaN or infinity."""

from collections.abc import Iterator

from gradtui.app.render.line import Line
from gradtui.app.render.number import number
from gradtui.app.render.text import fit, safe
from gradtui.core.autopsy import Autopsy, ModuleRange, Span

BESIDE = 3
"""Modules shown before and after the one in question."""


def autopsy_lines(found: Autopsy, width: int) -> Iterator[Line]:
    """The modules around the one in question, in the order of execution: type, and the largest
    absolute value of weights, output and gradient."""
    if not 0 <= found.at < len(found.around):
        return
    first = max(found.at - BESIDE, 0)
    shown = found.around[first : found.at + BESIDE + 1]
    wide = min(max(len(f"{safe(m.path)} {safe(m.kind)}") for m in shown), max(width - 40, 12))
    yield ((f"   {'':<{wide + 2}}{'weights':>10} {'output':>10} {'gradient':>10}", "quiet"),)
    for place, one in enumerate(shown, first):
        here = place == found.at
        name = fit(f"{safe(one.path) or '(model)'} {safe(one.kind)}", wide)
        yield (
            ("  ▸" if here else "   ", "alarm" if here else ""),
            (f"{name:<{wide + 2}}", "strong" if here else "quiet"),
            *((f"{_largest(span):>10} ", _look(span)) for span in _spans(one)),
        )


def _spans(one: ModuleRange) -> tuple[Span | None, ...]:
    return one.weights, one.outputs, one.gradient


def _largest(span: Span | None) -> str:
    """The largest absolute value; of what is not finite, how many."""
    if span is None:
        return "-"
    return f"{span.nonfinite:,} bad" if span.nonfinite else number(span.high)


def _look(span: Span | None) -> str:
    return "nonfinite" if span is not None and span.nonfinite else ""
