"""One norm as a bar on the fixed axis, the healthy band behind it."""

from math import isfinite, log10

from gradtui.app.render.line import Line, Piece, merged
from gradtui.app.render.scale import BAND, HIGH, LOW, cell_of

PATTERN = 3
"""Cells that are hatched at least where a norm is not finite."""


def bar(
    norm: float,
    cells: int,
    meaning: str,
    *,
    reference: float | None = None,
    before: float = float("nan"),
    ascii_only: bool = False,
) -> Line:
    """Filled from the left to log10(norm), in half cells; arrows where it leaves the axis.

    NaN and infinity fill the whole bar with a pattern of their own, but for what it was at last:
    `before`, NaN where it never was a number. `reference` is the norm of the compared run,
    marked on the same axis.
    """
    if cells < 1:
        return ()
    if not isfinite(norm):
        return _broken(before, cells, ascii_only)
    full, half = ("=", "-") if ascii_only else ("━", "╸")
    edge = ":" if ascii_only else "┊"
    low, high = cell_of(BAND[0], cells), cell_of(BAND[1], cells)
    out: list[Piece] = []
    log = log10(norm) if norm > 0 else float("-inf")
    halves = 0 if log <= LOW else round(2 * cells * min((log - LOW) / (HIGH - LOW), 1.0))
    filled = (halves + 1) // 2
    for cell in range(cells):
        inside = low <= cell <= high
        ground = " on band" if inside else ""
        if cell < filled:
            char = half if cell == filled - 1 and halves % 2 else full
            out.append((char, meaning + ground))
        elif cell in (low, high):
            out.append((edge, "quiet" + ground))
        else:
            out.append((" ", "quiet on band" if inside else ""))
    if norm > 0 and log < LOW:
        out[0] = ("<" if ascii_only else "◂", meaning)
    if log > HIGH:
        out[-1] = (">" if ascii_only else "▸", meaning)
    if reference is not None:
        _mark(out, reference, ascii_only)
    return merged(out)


def _broken(before: float, cells: int, ascii_only: bool) -> Line:
    """What was there last, quietly, and the pattern beyond it."""
    filled = cell_of(log10(before), cells) + 1 if 0 < before < float("inf") else 0
    filled = min(filled, max(cells - PATTERN, 0))  # which is seen in any case
    full, odd = ("=", "!") if ascii_only else ("━", "╱")
    return merged(((full * filled, "quiet"), (odd * (cells - filled), "nonfinite")))


def _mark(out: list[Piece], reference: float, ascii_only: bool) -> None:
    """Put the compared run's norm on the axis; where it is not finite, at the far right."""
    finite = abs(reference) < float("inf")
    log = log10(reference) if finite and reference > 0 else LOW if finite else HIGH
    cell = cell_of(log, len(out))
    ground = " on band" if "band" in out[cell][1] else ""
    if finite:
        out[cell] = ("*" if ascii_only else "◆", "reference" + ground)
    else:
        out[cell] = ("!" if ascii_only else "✗", "reference" + ground)
