"""Sick beside treated, or one recorded run beside another, at the same step."""

from math import isnan

from rich.cells import cell_len

from gradtui.app.render.chart_title import called
from gradtui.app.render.glyph import SEVERITY
from gradtui.app.render.history import same_step
from gradtui.app.render.judged import judged_lines
from gradtui.app.render.line import Line
from gradtui.app.render.line import width as width_of
from gradtui.app.render.number import count, number, reading, share
from gradtui.app.render.text import to_ascii, verdict_words
from gradtui.app.view import View
from gradtui.core.facts import Facts

CALLED = 20
"""Cells of the other run's name."""


def compare_lines(view: View, width: int) -> tuple[Line, ...]:
    """Both verdicts, whether the treatment helps, then loss, accuracy and the first layer's norm at
    one step of both runs."""
    reference = view.reference
    if reference is None:
        return ()
    sick, treated = reference.diagnosis, view.diagnosis
    marks = [
        SEVERITY[d.severity].char(view.ascii_only) if d.step >= 0 else "·" for d in (sick, treated)
    ]
    words = [verdict_words(d.verdict) if d.step >= 0 else "…" for d in (sick, treated)]
    meanings = [SEVERITY[d.severity].meaning if d.step >= 0 else "quiet" for d in (sick, treated)]
    other = called(view, CALLED)
    own, arrow = ("treated", "  →  ") if reference.twin else ("this run", "    ")
    arrow = to_ascii(arrow) if view.ascii_only else arrow  # which is wider
    one: Line = (
        (f" {other}: ", "reference"),
        (f"{marks[0]} {words[0]}", meanings[0]),
        (f"{arrow}{own}: ", "quiet"),
        (f"{marks[1]} {words[1]}", meanings[1]),
    )
    out: list[Line] = [one]
    if width_of(one) > width:
        out = [one[:2], ((f" {own}: ", "strong"), one[3])]
    if reference.judgement is not None:
        out += judged_lines(reference.judgement, view, width)
    if view.facts is None or not len(view.facts):
        return tuple(out)
    step = int(view.facts.steps[-1])
    at = same_step(reference.facts, step)
    if at is None:
        return tuple(out)
    then = int(reference.facts.steps[at])
    when = f"at step {count(then)}" if then == step else f"steps {count(then)}, {count(step)}"
    wide = max(10, cell_len(other) + 2)
    head: Line = (
        (f" {'':<10}", ""),
        (" " * (wide - cell_len(other)) + other, "reference"),
        (f"{own:>10}", "strong"),
    )
    beside: Line = (*head, (f"  {when}", "quiet"))
    out += [beside] if width_of(beside) <= width else [((f" {when}", "quiet"),), head]
    for label, before, after in _figures(reference.facts, at, view.facts):
        out.append(
            ((f" {label:<10}", "quiet"), (f"{before:>{wide}}", ""), (f"{after:>10}", "strong"))
        )
    return tuple(out)


def _figures(sick: Facts, at: int, treated: Facts) -> list[tuple[str, str, str]]:
    out = [("loss", reading(float(sick.loss[at])), reading(float(treated.loss[-1])))]
    accuracy = float(sick.accuracy[at]), float(treated.accuracy[-1])
    if not all(isnan(a) for a in accuracy):
        out.append(("accuracy", share(accuracy[0]), share(accuracy[1])))
    out.append(("first |g|", _first(sick, at), _first(treated, -1)))
    return out


def _first(facts: Facts, at: int) -> str:
    """Gradient norm of the row nearest the input that has weights."""
    rows = facts.layout.weight_rows
    row = int(rows[0]) if len(rows) else 0
    return number(float(facts.row_norms[at, row])) if facts.layout.rows else "-"
