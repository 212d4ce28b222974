"""Theory beside what is measured: a mark on a bar, a line of text."""

from math import inf, isfinite, log10

from gradtui.app.render.line import Line, Piece, merged
from gradtui.app.render.number import number
from gradtui.app.render.scale import LOW, cell_of
from gradtui.app.view import View
from gradtui.core.facts import Facts
from gradtui.theory import Theory, verdict_of_theory

TAKEN = "◆✗*!"
"""What the compared run has put on the bar stays."""

BY_DEPTH = frozenset({"vanishing_gradient", "exploding_gradient", "saturated", "dead_relu"})
"""Findings to which it matters whether the first weights are to blame."""
EARLY = 30
"""Steps up to which the gradients still are what the first weights make them."""


def theory_said(view: View) -> str:
    """Whose fault the gradients are, in one sentence; empty where that is no question: in a net that
    has learned, the shape of what gradient is left says nothing about its design."""
    facts = view.facts
    if facts is None or not len(facts):
        return ""
    asked = any(finding.symptom in BY_DEPTH for finding in view.diagnosis.findings)
    if not asked and int(facts.steps[-1]) > EARLY:
        return ""
    return verdict_of_theory(view.theory.design, facts.row_norms[-1])


def glyph(ascii_only: bool) -> str:
    return "+" if ascii_only else "╋"


def marked(line: Line, norm: float, *, ascii_only: bool = False) -> Line:
    """A bar (every character one cell wide) with a mark where `norm` lies on its axis.

    NaN, which is no prediction, leaves the bar as it is; so does a bar that shows no number.
    """
    cells = sum(len(text) for text, _ in line)
    if norm != norm or not cells or any("nonfinite" in meaning for _, meaning in line):
        return line
    cell = cell_of(min(max(log10(norm), LOW), 99.0) if 0 < norm < inf else LOW, cells)
    out: list[Piece] = []
    for text, meaning in line:
        if 0 <= cell < len(text) and text[cell] not in TAKEN:
            ground = " on band" if meaning.endswith(" on band") else ""
            out += [
                (text[:cell], meaning),
                (glyph(ascii_only), "quiet" + ground),
                (text[cell + 1 :], meaning),
            ]
        else:
            out.append((text, meaning))
        cell -= len(text)
    return merged(out)


def theory_line(theory: Theory, facts: Facts | None, row: int) -> Line:
    """One line for the panel of a row: the predicted norm and what it comes from, or why not."""
    if theory.now is None or theory.norms is None or not row < len(theory.norms):
        return ((f" theory: none, {theory.reason}", "quiet"),) if theory.reason else ()
    norm, chi = float(theory.norms[row]), float(theory.now.chi[row])
    if facts is None or norm != norm:
        return ()
    where = f"chi {chi:.3g} a layer" if isfinite(chi) else "starts here"
    spread = float(theory.now.spread[row])
    give = f" give or take {spread:.1f} decades" if spread >= 0.05 else ""
    variance = number(float(theory.now.variance[row]))
    return (
        (" theory: ", "quiet"),
        (number(norm), "strong"),
        (f" ({where}){give}, output variance {variance}", "quiet"),
    )
