"""Which rows are shown, in which order, and which of them is selected."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradtui.app.folding import Entry, Folding
from gradtui.app.layer_groups import Group, Node, around
from gradtui.app.render.change import changes
from gradtui.app.render.state import rows_without_gradient
from gradtui.app.render.text import natural, safe
from gradtui.core.facts import Facts
from gradtui.core.layout import Layout
from gradtui.doctor.finding import Diagnosis

SORTS = ("depth", "worst first", "most changed", "name")
BY_FACTS = ("worst first", "most changed")
"""Those whose order changes as a run goes on."""


@dataclass
class LayerOrder:
    """The filter, the sort, the folding and the selection; the selection follows its row, not its place."""

    text: str = ""
    sort: str = SORTS[0]
    selected_row: int = 0
    order: tuple[int, ...] = ()
    """A line each: the row that it shows."""
    entries: tuple[Entry, ...] = ()
    """What the lines are, where rows are in groups; empty where each line is a row."""
    layers: tuple[int, ...] = ()
    """All rows that pass the filter, sorted, folded or not."""
    chosen: bool = False
    """Whether somebody has selected a row of this run."""
    folding: Folding = field(default_factory=Folding)
    _group: str = ""
    """The group that is selected, by name; empty where a row is."""
    _alarmed: str = ""
    """The symptom of the finding that a group was opened for."""
    _layout: Layout | None = None
    _named: Layout | None = None
    _names: list[str] = field(default_factory=list)
    """Of the rows of `_named`, safe to print."""

    @property
    def by_facts(self) -> bool:
        """Whether what is shown of the rows changes as a run goes on, beside what is drawn of each."""
        return self.sort in BY_FACTS or bool(self.entries)

    def cycle_sort(self) -> None:
        self.sort = SORTS[(SORTS.index(self.sort) + 1) % len(SORTS)]

    def reset(self) -> None:
        """Another run: its rows are others, the way of sorting stays."""
        self.text, self.selected_row, self._layout = "", 0, None
        self.order = self.layers = self.entries = ()
        self.chosen, self._group, self._alarmed = False, "", ""
        self.folding.reset()

    def arrange(self, layout: Layout, facts: Facts | None, diagnosis: Diagnosis) -> None:
        """Work out `order` afresh."""
        shown = matching(layout, self.text)
        folded = self.folding.applies(len(shown))
        seen = facts is not None and len(facts) > 0
        bad = [0.0] * len(layout.rows)
        if facts is not None and seen and (folded or self.sort == "worst first"):
            bad = badness(facts, diagnosis)
        key: Callable[[int], Any] | None = None
        if self.sort == "name":
            names = [natural(row.name) for row in layout.rows]
            key = names.__getitem__
        elif self.sort == "worst first" and seen:
            key = [(-value, row) for row, value in enumerate(bad)].__getitem__
        elif self.sort == "most changed" and (moved := moves(facts)):
            key = [(-value, row) for row, value in enumerate(moved)].__getitem__
        self.layers = tuple(sorted(shown, key=key) if key is not None else shown)
        self._layout = layout
        if not folded:
            self.entries, self.order = (), self.layers
            return
        self._heed(diagnosis, bad)
        self.entries = tuple(self.folding.entries(self._tree(), bad, key))
        self.order = tuple(entry.row for entry in self.entries)

    def _heed(self, diagnosis: Diagnosis, bad: Sequence[float]) -> None:
        """The groups around the worst row of a finding are opened when it is new: rows must not dance."""
        first = diagnosis.findings[0] if diagnosis.findings else None
        symptom = first.symptom if first is not None else ""
        if first is not None and symptom != self._alarmed and first.rows:
            row = max(first.rows, key=lambda row: bad[row])
            self.folding.pointed = row
            self.point_to(row)
        self._alarmed = symptom

    def arranged_for(self, layout: Layout) -> bool:
        """Whether `order` is about this layout."""
        return self._layout is layout

    # The selection

    @property
    def selected(self) -> int:
        """Index into `order`: of the selected row, or of the innermost group that hides it; 0 where the
        row is filtered out."""
        if not self.entries:
            return self.order.index(self.selected_row) if self.selected_row in self.order else 0
        at = 0
        for index, entry in enumerate(self.entries):
            if entry.group is None:
                if entry.row == self.selected_row and not self._group:
                    return index
            elif entry.group.name == self._group:
                return index
            elif entry.group.holds(self.selected_row):
                at = index
        return at

    @property
    def selected_entry(self) -> Entry | None:
        """The line that is selected, where rows are in groups."""
        return self.entries[self.selected] if self.entries else None

    def select(self, index: int) -> None:
        """Select by place, clamped to what is shown."""
        self.chosen = True
        if self.order:
            at = min(max(index, 0), len(self.order) - 1)
            self.selected_row = self.order[at]
            group = self.entries[at].group if self.entries else None
            self._group = group.name if group is not None else ""

    def select_layer(self, by: int) -> None:
        """Select the row `by` places further among all that pass the filter, also those in closed groups."""
        if self.layers:
            here = self.layers.index(self.selected_row) if self.selected_row in self.layers else 0
            self.selected_row = self.layers[min(max(here + by, 0), len(self.layers) - 1)]
            self.chosen, self._group = True, ""

    def point_to(self, row: int) -> None:
        """Select a row that is worth seeing, unless somebody has selected another."""
        self.folding.pointed = row
        if not self.chosen:
            self.selected_row, self._group = row, ""

    # The groups

    def turn(self, index: int | None = None) -> bool:
        """Open a closed group, close an open one: that of a line, else the selected one, else the innermost
        around the selected row. False where there is none."""
        at = self.selected if index is None else index
        entry = self.entries[at] if at < len(self.entries) else None
        if entry is not None and entry.group is not None:
            self.folding.turn(entry.group, not entry.open)
            return True
        row = entry.row if entry is not None else self.selected_row
        group = self._around(row)
        if group is None:
            return False
        if not self.entries:
            self.folding.turn_all(True)
        self.folding.turn(group, False)
        self.chosen, self._group = True, group.name
        return True

    def turn_all(self) -> str:
        """Open all groups, or close all where none is closed: what has been done, "" where there are none."""
        if not any(isinstance(node, Group) for node in self._tree()):
            return ""
        closed = any(entry.group is not None and not entry.open for entry in self.entries)
        self.folding.turn_all(closed)
        return "opened" if closed else "closed"

    def _around(self, row: int) -> Group | None:
        return next(reversed(list(around(self._tree(), row))), None)

    def _tree(self) -> tuple[Node, ...]:
        if self._layout is None:
            return ()
        if self._named is not self._layout:
            self._named = self._layout
            self._names = [safe(row.name) for row in self._layout.rows]
        return self.folding.tree(self._layout, tuple(sorted(self.layers)), self._names)


def matching(layout: Layout, text: str) -> list[int]:
    """Rows whose name, kind or activation contain every word of `text`, in depth order."""
    words = text.casefold().split()
    if not words:
        return list(range(len(layout.rows)))
    return [
        index
        for index, row in enumerate(layout.rows)
        if all(word in f"{row.name} {row.kind} {row.activation}".casefold() for word in words)
    ]


def moves(facts: Facts | None) -> list[float]:
    """[rows] decades by which the norm has changed of late, either way; -1 where that is not known.
    Empty while there is nothing to compare."""
    with np.errstate(invalid="ignore"):
        found = np.nan_to_num(np.abs(np.log10(changes(facts))), nan=-1.0)
    return [float(value) for value in found]


def badness(facts: Facts, diagnosis: Diagnosis) -> list[float]:
    """[rows] how much each row deserves to be seen first; those without a gradient least."""
    norms = facts.row_norms[-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.log10(norms)
    usable = size[np.isfinite(size)]
    middle = float(np.median(usable)) if len(usable) else 0.0
    bad = np.where(np.isfinite(size), np.minimum(np.abs(size - middle), 99.0), 100.0)
    bad[~np.isfinite(norms)] += 1e6
    bad[rows_without_gradient(facts)] = -1.0
    for place, finding in enumerate(diagnosis.findings):
        for row in finding.rows:
            bad[row] += 1000.0 * finding.severity / (place + 1)
    return [float(value) for value in bad]
