"""What a log holds, whatever wrote it: series by name, in the order of the file."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import nan

import numpy as np

from gradtui.core.layout import FloatArray, IntArray

SCALAR, HISTOGRAM = "scalar", "histogram"
LONGEST = 1000
"""Characters of a name that are kept."""


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """n points of one name by one writer, in the order in which they stand there; [n] each."""

    name: str
    source: str
    """The file or writer that they come from; "" where there is only one."""
    kind: str
    """SCALAR, or HISTOGRAM: then `values` are L2 norms of what was counted."""
    steps: FloatArray
    """As they were given: whole or not, rising or not."""
    times: FloatArray
    """Seconds since 1970; NaN where the log does not tell."""
    values: FloatArray
    order: IntArray
    """Places in the log, over all series."""
    numel: int = 0
    """Elements of a histogram; 0 of a scalar."""
    largest: FloatArray = field(default_factory=lambda: np.empty(0))
    """Of a histogram the largest absolute values; else empty."""
    files: int = 1
    """Files or writers that they come from, one after the other."""

    def __len__(self) -> int:
        return len(self.values)

    def take(self, at: IntArray) -> "Series":
        """Some of the points."""
        largest = self.largest[at] if len(self.largest) else self.largest
        return Series(
            self.name,
            self.source,
            self.kind,
            self.steps[at],
            self.times[at],
            self.values[at],
            self.order[at],
            self.numel,
            largest,
            self.files,
        )


@dataclass(frozen=True, slots=True)
class Log:
    """All that was read of a log, and what its format does not tell."""

    series: tuple[Series, ...]
    """In the order in which their names first stand there."""
    limits: tuple[str, ...] = ()
    """Clauses."""
    planned: int = 0
    """Steps that the training meant to take; 0 where that is not told."""
    files: tuple[str, ...] = ()
    """The files that were read, in that order."""
    filtered: bool = False
    """Whether its writer may have put another number in the place of a loss that was NaN."""
    repeated: bool = False
    """Whether its writer repeats a value until there is a new one."""


class Collector:
    """Takes points one by one in the order of the files, and gives series."""

    def __init__(self, most: int) -> None:
        """`most` points are taken; `full` says that there were more."""
        self._most, self._count = most, 0
        self._points: dict[tuple[str, str], tuple[str, list[tuple[float, ...]]]] = {}
        self.full = False

    def scalar(
        self, name: str, step: float, value: float, time: float = nan, source: str = ""
    ) -> None:
        self._add(name, source, SCALAR, (step, time, value))

    def histogram(
        self,
        name: str,
        step: float,
        norm: float,
        numel: int,
        largest: float,
        time: float = nan,
        source: str = "",
    ) -> None:
        self._add(name, source, HISTOGRAM, (step, time, norm, float(numel), largest))

    def _add(self, name: str, source: str, kind: str, point: tuple[float, ...]) -> None:
        if self._count >= self._most:
            self.full = True
            return
        key = (f"{name[:LONGEST]}\0{kind}", source)
        known = self._points.get(key)
        if known is None:
            known = self._points[key] = (kind, [])
        known[1].append((self._count, *point))
        self._count += 1

    def series(self) -> tuple[Series, ...]:
        """What has come so far."""
        return tuple(
            _series(name.partition("\0")[0], source, kind, points)
            for (name, source), (kind, points) in self._points.items()
        )


def _series(name: str, source: str, kind: str, points: Iterable[tuple[float, ...]]) -> Series:
    table = np.array(list(points), np.float64)
    extra = table.shape[1] > 4
    return Series(
        name,
        source,
        kind,
        table[:, 1],
        table[:, 2],
        table[:, 3],
        np.asarray(table[:, 0], np.int64),
        int(table[:, 4].max()) if extra else 0,
        table[:, 5] if extra else np.empty(0),
    )
