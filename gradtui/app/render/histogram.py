"""The histogram of log2|g| as blocks over an axis of powers of two."""

import numpy as np

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
