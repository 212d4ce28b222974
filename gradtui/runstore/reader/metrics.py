"""What the program of a run has logged, by name: read at once, or as it grows."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gradtui.core.layout import FloatArray, IntArray
from gradtui.core.metric import Metric, Metrics
from gradtui.runstore.files.reading import DAMAGE, extent, look_at, opened, records_at
from gradtui.runstore.format.file_names import metrics_name, metrics_names_name
from gradtui.runstore.format.metric_records import METRIC, MetricsHeader, read_metrics_header
from gradtui.runstore.format.records import LATEST, RecordArray
from gradtui.runstore.ranks.rank_files import RankFiles

LARGEST = 32 << 20
"""Bytes of values that are read of a rank: its writer keeps an eighth of that."""
Stamp = tuple[tuple[int, int, int], ...]


class RankMetrics:
    """Those of one rank. Nothing here raises: what is damaged is passed over."""

    def __init__(self, directory: Path, label: str) -> None:
        self._directory, self._label = directory, label
        self._stamp: Stamp | None = None
        self._header: MetricsHeader | None = None
        self._place: tuple[int, int] | None = None
        """Device and inode of the file that `_records` are from."""
        self._records: RecordArray = np.empty(0, METRIC)
        self.metrics: Metrics = {}

    @property
    def lost(self) -> int:
        """Values that the rank says are in no file."""
        return self._header.lost if self._header is not None else 0

    def poll(self) -> bool:
        """Read what has come since the last call; whether there was anything."""
        paths = [self._directory / name(self._label) for name in (metrics_names_name, metrics_name)]
        try:
            found = [look_at(path) for path in paths]
            stamp = tuple((one.st_ino, one.st_size, one.st_mtime_ns) for one in found)
            if stamp == self._stamp:
                return False
            self._header = read_metrics_header(self._directory, self._label)
            if self._header is None:
                return False
            self._read(paths[1], self._header.dtype)
            self.metrics = by_name(self._records, self._header.names)
        except DAMAGE:
            return False
        self._stamp = stamp
        return True

    def _read(self, path: Path, dtype: np.dtype[np.void]) -> None:
        with opened(path) as fd:
            whole = min(extent(fd), LARGEST) // dtype.itemsize
            place = look_at(path).st_dev, look_at(path).st_ino
            known = len(self._records)
            if place != self._place or dtype != self._records.dtype or whole < known:
                self._place, known = place, 0  # thinned: another file has taken its place
                self._records = np.empty(0, dtype)
            fresh = records_at(fd, dtype, known, whole - known)
        self._records = np.concatenate([self._records, fresh]) if known else fresh


def by_name(records: RecordArray, names: Sequence[str]) -> dict[str, Metric]:
    """The values of each name, in the order of the steps; records that mean nothing are left out."""
    number = np.asarray(records["metric"], np.int64)
    step = np.asarray(records["step"], np.int64)
    good = (number >= 0) & (number < len(names)) & (step >= -1) & (step < LATEST)
    given: FloatArray = np.full(len(records), np.nan)
    if "given" in (records.dtype.names or ()):
        given = np.asarray(records["given"], np.float64)
    at = np.flatnonzero(good)
    at = at[np.lexsort((step[at], number[at]))]
    edges = np.searchsorted(number[at], np.arange(len(names) + 1))
    out: dict[str, Metric] = {}
    for i, name in enumerate(names):
        here: IntArray = at[edges[i] : edges[i + 1]]
        if len(here):
            time, value = (np.asarray(records[f][here], np.float64) for f in ("time", "value"))
            out.setdefault(name, Metric(step[here], time, value, given[here]))
    return out


def joined(ranks: Sequence[Metrics]) -> dict[str, Metric]:
    """Of each name what the lowest rank has that has logged it: the others log the same as a rule, or
    their own part of it."""
    out: dict[str, Metric] = {}
    for one in ranks:
        for name, metric in one.items():
            out.setdefault(name, metric)
    return out


class FollowedMetrics:
    """Those of a run, as they come."""

    def __init__(self) -> None:
        self._ranks: dict[str, RankMetrics] = {}

    def poll(self, ranks: Sequence[RankFiles]) -> Metrics | None:
        """All of them, where any has come since the last call; None where none has."""
        labels = [rank.label for rank in ranks]
        for rank in ranks:
            if rank.label not in self._ranks:
                self._ranks[rank.label] = RankMetrics(rank.directory, rank.label)
        fresh = [self._ranks[label].poll() for label in labels]
        return joined([self._ranks[label].metrics for label in labels]) if any(fresh) else None


def metrics_of(ranks: Sequence[RankFiles]) -> Metrics:
    """All that a run has logged; empty where that is nothing, as of every run of an older version."""
    return FollowedMetrics().poll(ranks) or {}
