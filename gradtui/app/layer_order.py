"""Which rows are shown, in which order, and which of them is selected."""

from dataclasses import dataclass

import numpy as np

from gradtui.app.render.change import changes
from gradtui.app.render.text import natural
from gradtui.core.facts import Facts
from gradtui.core.layout import Layout
from gradtui.doctor.finding import Diagnosis

SORTS = ("depth", "worst first", "most changed", "name")
BY_FACTS = ("worst first", "most changed")
"""Those whose order changes as a run goes on."""


@dataclass
class LayerOrder:
    """The filter, the sort and the selection; the selection follows its row, not its place."""

    text: str = ""
    sort: str = SORTS[0]
    selected_row: int = 0
    order: tuple[int, ...] = ()
    chosen: bool = False
    """Whether somebody has selected a row of this run."""
    _layout: Layout | None = None

    @property
    def by_facts(self) -> bool:
        return self.sort in BY_FACTS

    def cycle_sort(self) -> None:
        self.sort = SORTS[(SORTS.index(self.sort) + 1) % len(SORTS)]

    def reset(self) -> None:
        """Another run: its rows are others, the way of sorting stays."""
        self.text, self.selected_row, self.order, self._layout = "", 0, (), None
        self.chosen = False

    def arrange(self, layout: Layout, facts: Facts | None, diagnosis: Diagnosis) -> None:
        """Work out `order` afresh."""
        shown = matching(layout, self.text)
        if self.sort == "name":
            shown.sort(key=lambda row: natural(layout.rows[row].name))
        elif self.sort == "worst first" and facts is not None and len(facts):
            bad = badness(facts, diagnosis)
            shown.sort(key=lambda row: (-bad[row], row))
        elif self.sort == "most changed" and (moved := moves(facts)):
            shown.sort(key=lambda row: (-moved[row], row))
        self.order = tuple(shown)
        self._layout = layout

    def arranged_for(self, layout: Layout) -> bool:
        """Whether `order` is about this layout."""
        return self._layout is layout

    @property
    def selected(self) -> int:
        """Index into `order`; 0 where the selected row is filtered out."""
        try:
            return self.order.index(self.selected_row)
        except ValueError:
            return 0

    def select(self, index: int) -> None:
        """Select by place, clamped to what is shown."""
        self.chosen = True
        if self.order:
            self.selected_row = self.order[min(max(index, 0), len(self.order) - 1)]

    def point_to(self, row: int) -> None:
        """Select a row that is worth seeing, unless somebody has selected another."""
        if not self.chosen:
            self.selected_row = row


def row_of(layout: Layout, module: str) -> int | None:
    """The row of a module, by its path; else the first within it, else the one that it is within."""
    names = [row.name for row in layout.rows]
    if module in names:
        return names.index(module)
    inner = next((i for i, name in enumerate(names) if name.startswith(f"{module}.")), None)
    if inner is not None or not module:
        return inner if module else None
    around = [i for i, name in enumerate(names) if module.startswith(f"{name}.")]
    return max(around, key=lambda i: len(names[i]), default=None)


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
    """[rows] how much each row deserves to be seen first."""
    norms = facts.row_norms[-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.log10(norms)
    usable = size[np.isfinite(size)]
    middle = float(np.median(usable)) if len(usable) else 0.0
    bad = np.where(np.isfinite(size), np.minimum(np.abs(size - middle), 99.0), 100.0)
    for place, finding in enumerate(diagnosis.findings):
        for row in finding.rows:
            bad[row] += 1000.0 * finding.severity / (place + 1)
    bad[~np.isfinite(norms)] += 1e6
    return [float(value) for value in bad]
