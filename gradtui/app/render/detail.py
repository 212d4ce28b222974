"""Everything that was measured about one row."""

from collections.abc import Iterator

import numpy as np

from gradtui.app.render.glyph import SIGNS
from gradtui.app.render.histogram import ASCII_SHADES, SHADES, histogram_lines, histogram_map
from gradtui.app.render.history import parameters_of
from gradtui.app.render.layer_findings import layer_findings
from gradtui.app.render.layer_numbers import number_lines
from gradtui.app.render.layer_optimizer import optimizer_lines
from gradtui.app.render.layer_tensors import tensor_lines
from gradtui.app.render.line import Line, plain, sized
from gradtui.app.render.number import count
from gradtui.app.render.state import row_states
from gradtui.app.render.text import fit, safe, to_ascii, wrap
from gradtui.app.render.theory import theory_line
from gradtui.app.view import View
from gradtui.core.layout import UNKNOWN_SHAPE, Layout
from gradtui.theory import Theory

NO_THEORY = Theory()
ABREAST = 116
"""Cells from which on there are two columns: numbers, and beside them how the values are spread."""
BARS, TALL = 4, 8
"""Lines of the histogram; where there is much room."""
ROOMY = 34
"""Lines that can be seen at once from which on there is."""
FEWEST, MOST = 6, 28
"""Lines of the one over the steps, at least and at most."""


def detail_lines(
    view: View, width: int, theory: Theory = NO_THEORY, height: int = 24
) -> tuple[Line, ...]:
    """Name and state of the selected row, what theory and the doctor say, quantities over time, the
    optimizer, histograms, tensors. `height` is what can be seen at once."""
    layout, row = view.layout, view.row
    if layout is None or row is None:
        return (((" no row selected", "quiet"),),)
    head = [*_head(view, layout, row, width), *_theory(view, row, theory, width), ()]
    if width < ABREAST:
        parts = _parts(view, layout, row, width, height)
        lines = [*head, *(line for part in parts for line in (*part, ()) if part)][:-1]
    else:
        left = width * 58 // 100
        room = height - len(head)
        said, numbers, optimizer, tensors, *_ = _parts(view, layout, row, left - 1, room)
        *_, now, over = _parts(view, layout, row, width - left - 2, room)
        lines = [*head, *_abreast([said, numbers, optimizer, tensors], [now, over], left, view)]
    if view.ascii_only:
        return tuple(tuple((to_ascii(t), m) for t, m in line) for line in lines)
    return tuple(lines)


def _parts(view: View, layout: Layout, row: int, width: int, height: int) -> tuple[list[Line], ...]:
    """What there is to say; an empty part has nothing. The last two are about the spread of values."""
    bars = TALL if height >= ROOMY else BARS
    return (
        list(layer_findings(view, layout, row, width)),
        list(number_lines(view, row, width)),
        list(optimizer_lines(view, row, width)),
        list(tensor_lines(view, layout, row, width)),
        list(_histogram(view, layout, row, width, bars)),
        list(_histograms(view, layout, row, width, min(max(height - bars - 3, FEWEST), MOST))),
    )


def _abreast(
    left: list[list[Line]], right: list[list[Line]], cells: int, view: View
) -> Iterator[Line]:
    """Two columns of parts, an empty line between parts."""
    columns = [
        [line for part in parts if part for line in (*part, ())][:-1] for parts in (left, right)
    ]
    rule = "|" if view.ascii_only else "│"
    for at in range(max(map(len, columns))):
        one, other = (column[at] if at < len(column) else () for column in columns)
        yield (*sized(one, cells), (rule, "quiet"), *other)


def _head(view: View, layout: Layout, row: int, width: int) -> Iterator[Line]:
    info = layout.rows[row]
    sign = SIGNS[row_states(view.facts, layout, view.diagnosis)[row]]
    yield (
        (f" {sign.char(view.ascii_only)} ", sign.meaning),
        (fit(safe(info.name), max(width - 4 - len(sign.word), 6)), "title"),
        (f"  {sign.word}", sign.meaning),
    )
    facts = [f"row {row + 1} of {len(layout.rows)}", *([safe(info.kind)] if info.kind else [])]
    values = sum(layout.tensors[i].numel for i in parameters_of(layout, row))
    known = all(layout.tensors[i].shape != UNKNOWN_SHAPE for i in parameters_of(layout, row))
    if values and known:
        facts.append(f"{count(values)} values")
    if info.activation:
        facts.append(safe(info.activation))
    if info.fan_in or info.fan_out:
        facts.append(f"{info.fan_in} in, {info.fan_out} out")
    yield ((" " + " · ".join(facts), "quiet"),)


def _theory(view: View, row: int, theory: Theory, width: int) -> Iterator[Line]:
    if view.info is not None and view.info.logged is not None:
        return
    line = theory_line(theory, view.facts, row)
    words = plain(line).strip()
    if len(words) < width:
        yield from (line,) if line else ()
        return
    for place, part in enumerate(wrap(words, width - 3)):
        yield ((f"{'   ' if place else ' '}{part}", "quiet"),)


def _histogram(view: View, layout: Layout, row: int, width: int, bars: int) -> Iterator[Line]:
    if view.histograms is None:
        return
    step, counts = view.histograms
    mine = parameters_of(layout, row)
    yield (
        (" gradient elements by size", "title"),
        (f"  log2|g| at step {count(step)}", "quiet"),
    )
    total = counts[mine].sum(axis=0, dtype=np.float64)
    for line in histogram_lines(total, max(width - 3, 1), bars, ascii_only=view.ascii_only):
        yield ((" ", ""), *line)


def _histograms(view: View, layout: Layout, row: int, width: int, height: int) -> Iterator[Line]:
    """The same over the steps."""
    mine = parameters_of(layout, row)
    several = view.measured.optimizers > 1
    records = [(step, kept[mine].sum(axis=0, dtype=np.float64)) for step, kept in view.recorded]
    if several:  # at other optimizers' steps there is nothing of this row
        records = [(step, counts) for step, counts in records if counts.any()]
    last = int(view.facts.steps[-1]) if view.facts is not None and len(view.facts) else 0
    lines = list(histogram_map(records, last, width - 1, height - 2, ascii_only=view.ascii_only))
    if lines:
        shades = ASCII_SHADES if view.ascii_only else SHADES
        title = " and over the steps"
        yield (title, "title"), (f"  {len(records)} records, few {shades} many", "quiet")
        yield from (((" ", ""), *line) for line in lines)
