"""Layer x time: the log of each gradient norm as a number to be read and as a picture to be seen."""

import base64
import struct
import zlib
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from gradtui.app.render.history import CENTRE, exact_stride
from gradtui.core.facts import Facts
from gradtui.core.layout import BoolArray, FloatArray, IntArray

COLUMNS, CELLS = 400, 400_000
"""Columns of the map, and cells of it at most: of many layers fewer columns."""
LOWEST, HUNDREDTHS = -320.0, 100.0
"""A norm is told as (its log10 - LOWEST) in hundredths of a decade."""
UNKNOWN, LOST, INFINITE, ZERO = 65535, 65534, 65533, 65532
"""In place of that: no gradient, NaN, infinity, exactly zero."""
ANCHORS = (
    (-12.0, "#08306b"),
    (-9.0, "#2171b5"),
    (-6.0, "#6baed6"),
    (-3.0, "#dbe7f0"),
    (-1.5, "#f2f2ee"),
    (0.0, "#fde3c4"),
    (3.0, "#f16913"),
    (6.0, "#7f2704"),
)
"""log10 of a norm and its colour, from blue, too small, over pale to brown, too large: told apart by
people who see no red or no green. Between them colours are mixed."""
SHADES = 72
"""Colours from the first anchor to the last."""
ZERO_COLOUR, LOST_COLOUR = "#4a2a6b", "#000000"
"""Of what is exactly zero, and of what is not finite."""


def mixed(log: float) -> str:
    """The colour of a log10 of a norm."""
    at = [anchor for anchor, _ in ANCHORS]
    parts = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for _, c in ANCHORS])
    red, green, blue = (round(float(np.interp(log, at, parts[:, i]))) for i in range(3))
    return f"#{red:02x}{green:02x}{blue:02x}"


LOW, HIGH = ANCHORS[0][0], ANCHORS[-1][0]
SHADE = (HIGH - LOW) / SHADES
"""Decades of one colour."""
PALETTE = (
    *(mixed(LOW + (i + 0.5) * SHADE) for i in range(SHADES)),
    ZERO_COLOUR,
    LOST_COLOUR,
)


@dataclass(frozen=True, slots=True)
class HeatMap:
    """`levels` [rows, columns]: see LOWEST. Column i covers the steps from first + i * stride."""

    levels: npt.NDArray[np.uint16]
    first: int
    stride: int

    @property
    def end(self) -> int:
        """The step behind the last column."""
        return self.first + int(self.levels.shape[1]) * self.stride

    def encoded(self) -> str:
        """Levels row by row, little-endian, in base64."""
        return base64.b64encode(self.levels.astype("<u2").tobytes()).decode("ascii")

    def picture(self) -> str:
        """A data URI of a PNG with one pixel a cell."""
        return "data:image/png;base64," + base64.b64encode(png(colour_numbers(self.levels))).decode(
            "ascii"
        )

    def logs(self) -> FloatArray:
        """[rows, columns] log10 of the norms, NaN where they are none."""
        logs = self.levels / HUNDREDTHS + LOWEST
        return np.asarray(np.where(self.levels < ZERO, logs, np.nan))

    def lost(self) -> list[tuple[int, int]]:
        """(row, column) of the first value of each row that is not finite."""
        odd = np.isin(self.levels, (LOST, INFINITE))
        return [(row, int(odd[row].argmax())) for row in np.flatnonzero(odd.any(axis=1)).tolist()]


def heat_map(facts: Facts, rows: IntArray, there: BoolArray) -> HeatMap:
    """Of some rows of the layout. `there` [n, rows of the layout]: where a row had a gradient.

    A column shows the norm farthest from the middle of the healthy band, NaN before everything else; one
    in which a row had none, or whose steps were thrown away, repeats the one before, up to the last."""
    columns = min(COLUMNS, max(CELLS // max(len(rows), 1), 1))
    if not len(facts):
        return HeatMap(np.empty((len(rows), 0), np.uint16), 0, 1)
    first, last = int(facts.steps[0]), int(facts.steps[-1])
    stride = exact_stride(last - first + 1, columns)
    edges = np.searchsorted(
        facts.steps, first + stride * np.arange((last - first) // stride + 2, dtype=np.int64)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log10(facts.row_norms[:, rows])
    # Steps that a loss scaler has thrown away, unless there are no others.
    shown = ~facts.skipped if not facts.skipped.all() else facts.skipped
    out = np.full((len(rows), len(edges) - 1), UNKNOWN, np.uint16)
    for column, (begin, end) in enumerate(pairwise(edges.tolist())):
        part = slice(begin, end)
        chosen = there[part][:, rows] & shown[part, None]
        if end > begin:
            out[:, column] = _farthest(logs[part], chosen)
    return HeatMap(_filled(out), first, stride)


def _farthest(logs: FloatArray, chosen: BoolArray) -> npt.NDArray[np.uint16]:
    """[steps, rows] -> [rows] levels of the chosen values farthest from the middle."""
    odd = np.where(np.isnan(logs), np.inf, np.clip(np.abs(logs - CENTRE), 0, 1e9))
    pick = np.where(chosen, odd, -1.0).argmax(axis=0)[None]
    found = np.take_along_axis(logs, pick, axis=0)[0]
    return np.asarray(np.where(chosen.any(axis=0), levels_of(found), UNKNOWN), np.uint16)


def levels_of(logs: FloatArray) -> npt.NDArray[np.uint16]:
    """log10 of norms as levels."""
    level = np.clip(np.round((np.nan_to_num(logs) - LOWEST) * HUNDREDTHS), 0, ZERO - 1)
    out = level.astype(np.uint16)
    out[np.isnan(logs)] = LOST
    out[np.isposinf(logs)] = INFINITE
    out[np.isneginf(logs)] = ZERO
    return out


def _filled(levels: npt.NDArray[np.uint16]) -> npt.NDArray[np.uint16]:
    """Gaps between two known columns repeat the one before."""
    known = levels != UNKNOWN
    places = np.arange(levels.shape[1])
    before = np.maximum.accumulate(np.where(known, places, -1), axis=1)
    ends = np.where(known, places, -1).max(axis=1, initial=-1)
    inside = (before >= 0) & (places <= ends[:, None])
    repeated = np.take_along_axis(levels, np.maximum(before, 0), axis=1)
    return np.asarray(np.where(inside, repeated, levels), np.uint16)


def colour_numbers(levels: npt.NDArray[np.uint16]) -> npt.NDArray[np.uint8]:
    """[rows, columns] indices into PALETTE; len(PALETTE) where there is nothing."""
    logs = levels / HUNDREDTHS + LOWEST
    out = np.clip((logs - LOW) / SHADE, 0, SHADES - 1).astype(np.uint8)
    out[levels == ZERO] = PALETTE.index(ZERO_COLOUR)
    out[np.isin(levels, (LOST, INFINITE))] = PALETTE.index(LOST_COLOUR)
    out[levels == UNKNOWN] = len(PALETTE)
    return out


def png(pixels: npt.NDArray[np.uint8]) -> bytes:
    """[rows, columns] indices into PALETTE as a picture; an index behind it is transparent."""
    rows, columns = pixels.shape
    colours = b"".join(bytes.fromhex(colour[1:]) for colour in (*PALETTE, "#000000"))
    lines = np.zeros((rows, columns + 1), np.uint8)  # each line begins with its filter: none
    lines[:, 1:] = pixels
    opacity = bytes([255] * len(PALETTE) + [0])
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _part(kind, data)
        for kind, data in (
            (b"IHDR", struct.pack(">IIBBBBB", columns, rows, 8, 3, 0, 0, 0)),
            (b"PLTE", colours),
            (b"tRNS", opacity),
            (b"IDAT", zlib.compress(lines.tobytes(), 9)),
            (b"IEND", b""),
        )
    )


def _part(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
