"""Rows of the depth axis as lines: glyph, name, bar, number, history, update ratio."""

from collections.abc import Sequence
from functools import cached_property, partial
from math import inf, log10

import numpy as np
from rich.cells import set_cell_size

from gradtui.app.folding import Entry
from gradtui.app.render.bar import bar
from gradtui.app.render.change import change_text, changes
from gradtui.app.render.depth_head import NUMBER, Places, head_lines, places
from gradtui.app.render.drawn import Drawn
from gradtui.app.render.glyph import SIGNS
from gradtui.app.render.group_row import entry_name, entry_width, worst_name
from gradtui.app.render.history import Columns, by_row, latest_at, same_step
from gradtui.app.render.line import Line, sized, thrifty
from gradtui.app.render.number import number
from gradtui.app.render.spark import spark
from gradtui.app.render.state import row_states
from gradtui.app.render.text import fit_name, safe, to_ascii
from gradtui.app.render.theory import marked
from gradtui.app.view import View
from gradtui.core.facts import Facts
from gradtui.core.layout import FloatArray
from gradtui.core.logged import NO_NORMS
from gradtui.core.snapshot import Weight

HEAD = 2
"""Lines above the rows: titles with the band, and the axis."""


LOOKED_BACK = 1024
"""Kept steps among which the last norms that were numbers are looked for."""


def depth_lines(
    view: View, width: int, visible: range, drawn: Drawn, theory: FloatArray | None = None
) -> Sequence[Line]:
    """HEAD lines and one for each of `view.order`; rows outside `visible` (indices into the order) are
    left empty, nobody sees them. `theory` [rows of the layout]: norms that are marked on the bars,
    NaN for none; they move when a row is drawn again, which they are no reason for."""
    layout = view.layout
    if layout is None:
        return (((" " + safe(view.progress or "waiting for the first step"), "quiet"),),)
    names, widest = drawn.names(layout, view.ascii_only)
    if view.entries:
        at = places(width, max(map(entry_width, view.entries)), groups=True)
    else:
        at = places(width, widest)
    if theory is not None and (len(theory) != len(layout.rows) or np.isnan(theory).all()):
        theory = None
    known = Known(view, at, names, drawn.columns, theory)
    head = head_lines(view, at, theory is not None, known.reference)
    if not layout.rows:
        return (((f" {NO_NORMS}", "quiet"),),)
    if not view.order:
        return (*head, (("   no row matches the filter", "quiet"),))
    lines: list[Line] = [()] * len(view.order)
    for index in range(visible.start, min(visible.stop, len(view.order))):
        row = view.order[index]
        entry = view.entries[index] if view.entries else None
        chosen = index == view.selected
        alone = known.reference is None, theory is None
        key = (known.states[row], chosen, at, view.ascii_only, alone, entry)
        draw = partial(known.row, row, chosen, entry)
        place = entry.group.name if entry is not None and entry.group is not None else row
        lines[index] = drawn.get(place, key, known.log(row), draw)
    return (*head, *lines)


class Known:
    """What all rows of one view share; the costly parts are worked out when a row asks."""

    def __init__(
        self,
        view: View,
        at: Places,
        names: list[str],
        columns: Columns,
        theory: FloatArray | None = None,
    ) -> None:
        self.theory: list[float] | None = None if theory is None else theory.tolist()
        self.view, self.at, self.names, self.columns = view, at, names, columns
        assert view.layout is not None
        self.facts = view.facts if view.facts is not None and len(view.facts) else None
        self.states = row_states(self.facts, view.layout, view.diagnosis)
        self.norms: list[float] = [] if self.facts is None else self.facts.row_norms[-1].tolist()
        self.reference = _reference(view)

    @cached_property
    def logs(self) -> FloatArray:
        if self.facts is None or not self.at.spark:
            return np.empty((0, len(self.states)))
        return self.columns.thin(self.facts, self.at.spark).logs

    @cached_property
    def before(self) -> list[float]:
        """[rows] the last norm that was a number; NaN where there was none of late."""
        if self.facts is None or np.isfinite(self.norms).all():
            return self.norms
        latest = self.facts.row_norms[-LOOKED_BACK:][::-1]
        finite = np.isfinite(latest)
        at = finite.argmax(axis=0)
        out = np.where(finite.any(axis=0), np.take_along_axis(latest, at[None], axis=0)[0], np.nan)
        found: list[float] = out.tolist()
        return found

    @cached_property
    def changes(self) -> list[float]:
        found: list[float] = changes(self.facts).tolist() if self.at.change else []
        return found

    @cached_property
    def ratios(self) -> list[float] | None:
        return _ratios(self.facts) if self.facts is not None and self.at.ratio else None

    def log(self, row: int) -> float:
        norm = self.norms[row] if self.norms else 0.0
        return log10(norm) if 0 < norm < inf else 0.0

    def row(self, row: int, chosen: bool, entry: Entry | None = None) -> Line:
        at, ascii_only = self.at, self.view.ascii_only
        state = self.states[row]
        sign = SIGNS[state]
        meaning = sign.meaning
        mark = ">" if ascii_only else "▌"
        value = "-"
        middle: Line = ((" " * at.bar, ""),)
        if self.norms and state not in ("none", "waiting"):
            value = number(self.norms[row])
            ghost = self.reference[row] if self.reference is not None else None
            middle = bar(
                self.norms[row],
                at.bar,
                meaning,
                reference=ghost,
                before=self.before[row],
                ascii_only=ascii_only,
            )
            if self.theory is not None:
                middle = marked(middle, self.theory[row], ascii_only=ascii_only)
        if entry is not None and entry.open:  # what it says is said by the lines below it
            value, middle = "", ((" " * at.bar, ""),)
        pieces = (
            (mark if chosen else " ", "accent" if chosen else ""),
            (sign.char(ascii_only), meaning),
            (f" {self._name(row, entry)} ", "strong on cursor" if chosen else ""),
            *middle,
            (f"{value:>{NUMBER + 1}}", meaning + (" on cursor" if chosen else "")),
            (" ", ""),
            *sized(self._history(row, meaning, entry), at.spark),
            *(() if entry is not None and entry.open else self._tail(row)),
        )
        return thrifty(pieces)

    def _name(self, row: int, entry: Entry | None) -> str:
        cells, ascii_only = self.at.name, self.view.ascii_only
        name = fit_name(self.names[row], cells)
        if entry is not None:
            name = entry_name(entry, cells, ascii_only)
        return set_cell_size(to_ascii(name) if ascii_only else name, cells)

    def _history(self, row: int, meaning: str, entry: Entry | None) -> Line:
        """The norms so far; of a closed group the name of the layer that stands for it."""
        if entry is not None and entry.group is not None:
            named = "" if entry.open else worst_name(entry.group, self.names[row], self.at.spark)
            return ((to_ascii(named) if self.view.ascii_only else named, "quiet"),)
        quiet = "quiet" if meaning == "healthy" else meaning
        logs = self.logs[:, row]
        if self.states[row] == "none" and np.isnan(logs).all():
            return ((SIGNS["none"].char(self.view.ascii_only) * len(logs), "quiet"),)
        return spark(logs, quiet, ascii_only=self.view.ascii_only)

    def _tail(self, row: int) -> Line:
        change = _change_text(self.changes, row, self.at.change, self.view.ascii_only)
        return (change, "quiet"), (_ratio_text(self.ratios, row) if self.at.ratio else "", "quiet")


def _ratios(facts: Facts) -> list[float] | None:
    """[rows] update norm / weight norm where last measured."""
    at = latest_at(facts, facts.weights[:, :, Weight.UPDATE])
    if at is None:
        return None
    layout = facts.layout
    kept = layout.judged & layout.parameters
    rows = layout.row_of[kept]
    part = facts.weights[at][kept]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = by_row(part[:, Weight.UPDATE], rows, len(layout.rows)) / by_row(
            part[:, Weight.NORM], rows, len(layout.rows)
        )
    out: list[float] = ratio.tolist()
    return out


def _change_text(ratios: list[float], row: int, cells: int, ascii_only: bool) -> str:
    text = change_text(ratios[row], ascii_only) if ratios else "-"
    return f"{text:>{cells}}" if cells else ""


def _ratio_text(ratios: list[float] | None, row: int) -> str:
    text = "-" if ratios is None or ratios[row] != ratios[row] else number(ratios[row])
    return f"{text:>9}"


def _reference(view: View) -> list[float | None] | None:
    """[rows] norms of the compared run at the same step, None of rows that it has not; None where there are
    none in common."""
    if view.reference is None or view.facts is None or not len(view.facts):
        return None
    other = view.reference.facts
    at = same_step(other, int(view.facts.steps[-1]))
    if at is None:
        return None
    norms: list[float | None] = other.row_norms[at].tolist()
    if view.reference.twin:
        return norms if len(norms) == len(view.facts.layout.rows) else None
    # Another program's layers are the same where they have the same names.
    known = {row.name: norm for row, norm in zip(other.layout.rows, norms, strict=True)}
    out = [known.get(row.name) for row in view.facts.layout.rows]
    return out if any(norm is not None for norm in out) else None
