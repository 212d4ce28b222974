"""The fixed logarithmic axis that every norm is drawn on, so that rows and runs compare by eye."""

from gradtui.app.render.line import Line, merged

LOW = -14.0
HIGH = 6.0
"""Decades at the ends of the axis: 1e-14 .. 1e6."""

BAND = (-6.0, 3.0)
"""Decades of the healthy band."""

HALF_RANGE = {
    "float16": (-7.22, 4.82),
    "amp_float16": (-7.22, 4.82),
}
"""Decades that half precision can hold at all: 6e-8 .. 65504. (bfloat16 has float32's range.)"""


def cell_of(log: float, cells: int) -> int:
    """The cell of a bar that holds 10^log, clamped to the bar."""
    return min(max(int((log - LOW) / (HIGH - LOW) * cells), 0), cells - 1)


def band_line(cells: int, precision: str = "", ascii_only: bool = False) -> Line:
    """The healthy band over the bars, and what half precision can hold around it."""
    rule, outer, left, right, far_left, far_right = "-=||[]" if ascii_only else "─═├┤╞╡"
    marks = [" "] * cells
    meanings = [""] * cells
    half = HALF_RANGE.get(precision)
    if half:
        a, b = cell_of(half[0], cells), cell_of(half[1], cells)
        marks[a : b + 1] = [far_left, *[outer] * max(b - a - 1, 0), far_right][: b + 1 - a]
        meanings[a : b + 1] = ["warn"] * (b + 1 - a)
    a, b = cell_of(BAND[0], cells), cell_of(BAND[1], cells)
    marks[a : b + 1] = [left, *[rule] * max(b - a - 1, 0), right][: b + 1 - a]
    meanings[a : b + 1] = ["healthy"] * (b + 1 - a)
    for word in (" healthy band ", " healthy ", " ok "):
        if len(word) <= b - a - 1:
            start = a + (b - a + 1 - len(word)) // 2
            marks[start : start + len(word)] = word
            break
    if half:
        word = "fp16"
        start = cell_of(half[0], cells) - len(word) - 1
        if start >= 0:
            marks[start : start + len(word)] = word
            meanings[start : start + len(word)] = ["warn"] * len(word)
    return merged(zip(marks, meanings, strict=True))


def tick_line(cells: int, ascii_only: bool = False) -> Line:
    """Ticks with labels ("1e-12"), as many as the width takes."""
    marks = [" "] * cells
    for every in (2, 3, 4, 5, 7, 10):
        if cells / (HIGH - LOW) * every >= 7:
            break
    tick = "|" if ascii_only else "╷"
    free = 0
    for decade in range(int(LOW), int(HIGH) + 1):
        if decade % every:
            continue
        cell = cell_of(decade, cells)
        label = f"{tick}1e{decade}"
        if cell >= free and cell + len(label) <= cells:
            marks[cell : cell + len(label)] = label
            free = cell + len(label) + 1
    return merged([("".join(marks), "quiet")])
