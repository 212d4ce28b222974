"""What was measured of one layer, over the steps: a line each, with its number now."""

from collections.abc import Iterator

import numpy as np

from gradtui.app.render.history import parameters_of
from gradtui.app.render.layer_moments import state_quantities
from gradtui.app.render.layer_norms import joined
from gradtui.app.render.line import Line
from gradtui.app.render.number import count, number, share
from gradtui.app.render.series import latest
from gradtui.app.render.spark import spark
from gradtui.app.view import View
from gradtui.core.facts import Facts
from gradtui.core.layout import BoolArray, FloatArray
from gradtui.core.snapshot import Act, Grad, Weight

LABEL = 22
VALUE = 9
EXTREMES = 62
"""Cells from which on the smallest and the largest value so far have room."""
MOST = 80
"""Cells of a history, at most."""


def number_lines(view: View, row: int, width: int) -> Iterator[Line]:
    """Every quantity of a row that was measured: now, the extremes so far, and over the steps."""
    facts = view.facts
    if facts is None or not len(facts):
        yield ((" nothing measured yet", "quiet"),)
        return
    extremes = width >= EXTREMES
    columns = ("now", "least", "most") if extremes else ("now",)
    room = min(max(width - LABEL - VALUE * len(columns) - 3, 0), MOST)
    head = "".join(f"{word:>{VALUE}}" for word in columns)
    first, last = (count(int(step)) for step in facts.steps[[0, -1]])
    span = f"steps {first} to {last}"
    yield ((f" {'':<{LABEL}}{head}  ", "quiet"), (span if len(span) <= room else "", "quiet"))
    for label, values, log in measured_quantities(facts, row):
        measured = ~np.isnan(values) | _was_taken(facts, label, row)
        thinned, now = latest(facts.steps, values, measured, room)
        if len(thinned):
            yield _quantity(label, values, thinned, now, log, view.ascii_only, extremes)
    for label, steps, values, taken in state_quantities(facts, view.info, row):
        every = np.concatenate([facts.steps[:1], steps, facts.steps[-1:]])
        known = np.concatenate([[np.nan], values, [np.nan]])
        there = np.concatenate([[False], taken, [False]])
        thinned, now = latest(every, known, there, room)
        if len(thinned):
            yield _quantity(label, values, thinned, now, True, view.ascii_only, extremes)


def _quantity(
    label: str,
    values: FloatArray,
    thinned: FloatArray,
    now: float,
    log: bool,
    ascii_only: bool,
    extremes: bool,
) -> Line:
    if log:
        with np.errstate(divide="ignore", invalid="ignore"):
            thinned = np.log10(thinned)
    words = number if log else share
    return (
        (f" {label:<{LABEL}}", ""),
        (f"{words(now):>{VALUE}}", "nonfinite" if not np.isfinite(now) else "strong"),
        (_extremes(values, log) if extremes else "", "quiet"),
        ("  ", ""),
        *spark(thinned, "accent", ascii_only=ascii_only),
    )


def _extremes(values: FloatArray, log: bool) -> str:
    """Of the values that are numbers."""
    finite = values[np.isfinite(values)]
    words = number if log else share
    least, most = (words(float(v)) for v in (finite.min(), finite.max())) if len(finite) else "--"
    return f"{least:>{VALUE}}{most:>{VALUE}}"


def measured_quantities(facts: Facts, row: int) -> Iterator[tuple[str, FloatArray, bool]]:
    """(name, [n] values with NaN where not measured, drawn on a log scale)."""
    layout = facts.layout
    mine = parameters_of(layout, row)
    own = [i for i in mine if layout.tensors[i].role != "hidden"]
    yield "gradient norm", facts.row_norms[:, row], True
    if mine:
        yield "largest |gradient|", facts.grads[:, mine, Grad.ABS_MAX].max(axis=1), True
        elements = max(float(layout.numel[mine].sum()), 1.0)
        yield (
            "zeros in the gradient",
            facts.grads[:, mine, Grad.ZEROS].sum(axis=1) / elements,
            False,
        )
    if own:
        weights = joined(facts.weights[:, own, Weight.NORM])
        updates = joined(facts.weights[:, own, Weight.UPDATE])
        yield "weight norm", weights, True
        yield "largest |weight|", facts.weights[:, own, Weight.ABS_MAX].max(axis=1), True
        yield "update norm", updates, True
        with np.errstate(divide="ignore", invalid="ignore"):
            yield "update / weight", updates / weights, True
    activations = facts.activations[:, row]
    yield "output variance", activations[:, Act.VARIANCE], True
    yield "output rms", activations[:, Act.RMS], True
    yield "dead units", activations[:, Act.DEAD], False
    yield "saturated values", activations[:, Act.SATURATED], False
    yield "signal at the output", activations[:, Act.SIGNAL], True


def _was_taken(facts: Facts, label: str, row: int) -> BoolArray:
    """[n] where the quantity was measured even though it is NaN: a NaN must not pass for a gap."""
    mine = parameters_of(facts.layout, row)
    if label in ("gradient norm", "largest |gradient|"):
        counts = facts.grads[:, mine, Grad.NONFINITE]
    elif label == "signal at the output" and np.isnan(facts.activations[:, row, Act.SIGNAL]).all():
        counts = np.zeros((len(facts), 1))  # programs that are watched do not have it measured
    elif label in ("output variance", "output rms", "signal at the output"):
        counts = facts.activations[:, row, Act.NONFINITE, None]
    elif label in ("weight norm", "largest |weight|", "update norm", "update / weight"):
        counts = facts.weights[:, mine, Weight.NONFINITE]
    else:
        counts = np.zeros((len(facts), 1))
    taken: BoolArray = np.any(counts > 0, axis=1)
    return taken
