"""The histogram of log2|g|: as blocks over an axis of powers of two, and as it was over the steps."""

from collections.abc import Iterator, Sequence

import numpy as np

from gradtui.app.render.axis import step_axis
from gradtui.app.render.glyph import blocks
from gradtui.app.render.line import Line
from gradtui.core.layout import FloatArray
from gradtui.core.snapshot import HIST_LOW

MIN_BINS = 16
HALF_LOW = -24
"""log2 of the smallest number that half precision holds."""


def histogram_lines(
    counts: FloatArray, width: int, height: int, *, ascii_only: bool = False
) -> tuple[Line, ...]:
    """[HIST_BINS] counts -> `height` lines of bars and one of labels."""
    used = np.flatnonzero(counts)
    if not len(used) or width < 8 or height < 1:
        return (((" every element is zero or not finite", "quiet"),),)
    start, stop = int(used[0]), int(used[-1]) + 1
    missing = max(MIN_BINS - (stop - start), 0)
    start, stop = max(start - missing // 2, 0), min(stop + (missing + 1) // 2, len(counts))
    each = max(-(-(stop - start) // width), 1)
    wide = max(width // -(-(stop - start) // each), 1)
    bars = [float(counts[i : min(i + each, stop)].sum()) for i in range(start, stop, each)]
    top = max(bars)
    levels = blocks(ascii_only)
    full = len(levels)
    heights = [max(round(bar / top * height * full), 1) if bar else 0 for bar in bars]
    out: list[Line] = []
    for line in range(height - 1, -1, -1):
        text = ""
        for tall in heights:
            level = min(max(tall - line * full, 0), full)
            text += (levels[level - 1] if level else " ") * wide
        out.append(((text, "accent"),))
    marks = [" "] * (len(bars) * wide + 8)
    free = 0
    for i in range(len(bars)):
        power = HIST_LOW + start + i * each
        label = f"2^{power}"
        at = i * wide
        if power % 8 < each and at >= free:
            marks[at : at + len(label)] = label
            free = at + len(label) + 2
    out.append((("".join(marks)[:width], "quiet"),))
    return tuple(out)


SHADES, ASCII_SHADES = "·░▒▓█", ".:+*#"
"""Of the values of a step up to 1, 5, 15, 40 and 100 in a hundred."""
SHARES = (0.01, 0.05, 0.15, 0.4)
AXIS = 7
"""Cells for the powers of two beside the map."""


def histogram_map(
    records: Sequence[tuple[int, FloatArray]],
    last: int,
    width: int,
    height: int,
    *,
    ascii_only: bool = False,
) -> Iterator[Line]:
    """(step, [HIST_BINS] counts) up to the step `last` -> at most `height` lines of bins by steps, large
    values above, then the steps. Each column is as the newest record before its end."""
    cells = width - AXIS
    bins = np.array([counts for _, counts in records])
    used = np.flatnonzero(bins.sum(axis=0)) if len(records) else np.empty(0)
    if len(records) < 2 or not len(used) or cells < 8 or height < 2:
        return
    start, stop = int(used[0]), int(used[-1]) + 1
    each = max(-(-(stop - start) // height), 1)
    edges = np.arange(start, stop, each)
    with np.errstate(invalid="ignore"):
        shares = np.add.reduceat(bins[:, :stop], edges, axis=1) / bins.sum(axis=1, keepdims=True)
    steps = np.array([step for step, _ in records])
    first = int(steps[0])
    ends = first + np.arange(1, cells + 1) * max(last - first + 1, 1) / cells
    column = np.maximum(np.searchsorted(steps, ends, side="left") - 1, 0)
    shades = ASCII_SHADES if ascii_only else SHADES
    for place in range(len(edges) - 1, -1, -1):
        power = HIST_LOW + int(edges[place])
        labelled = (len(edges) - 1 - place) % 3 == 0
        drawn = "".join(
            shades[int(np.searchsorted(SHARES, value))] if value > 0 else " "
            for value in shares[column, place].tolist()
        )
        yield ((f"{f'2^{power}' if labelled else '':>{AXIS - 1}} ", "quiet"), (drawn, "accent"))
    yield ((" " * AXIS + step_axis(first, last, cells, cells, " "), "quiet"),)
