"""What a program has logged, into the two files of its rank; thinned, so that they stay small."""

import os
from collections.abc import Sequence
from contextlib import suppress
from math import isclose
from pathlib import Path

import numpy as np

from gradtui.core.metric import LONGEST_NAME, MOST_NAMES
from gradtui.runstore.files.disk import RecordFile, replace_file
from gradtui.runstore.format.file_names import metrics_name, metrics_names_name
from gradtui.runstore.format.metric_records import METRIC, header_text, kept
from gradtui.runstore.format.metric_rows import MetricRow
from gradtui.runstore.format.records import RecordArray

BUDGET = 4 << 20
"""Bytes of values that a rank may keep, however long it runs: 123,361 of them."""
AT_ONCE = 4096
"""Values that are written of what has come since the last round: of more some are left out at once."""
ALIKE = 1e-6
"""Relative difference up to which a value logged in two ways is the same: one may be of 32 bits."""


class MetricFiles:
    """Owned by one thread. Files are made when the first value comes."""

    def __init__(self, budget: int = BUDGET) -> None:
        self._capacity = max(budget // METRIC.itemsize, 4 * MOST_NAMES)
        self._at_once = min(AT_ONCE, self._capacity // 4)
        self._names: dict[str, int] = {}
        self._last: dict[str, MetricRow] = {}
        self._file: RecordFile | None = None
        self._told = (0, 0)
        """How many names, and how many values lost, the header says."""
        self.lost = 0
        """Values that are in no file."""

    def write(self, directory: Path, label: str, rows: Sequence[MetricRow], lost: int) -> None:
        """Write what has come; `lost` did not get here. Raises OSError; then it is counted as lost."""
        self.lost += lost
        fresh = [row for row in rows if self._is_news(row)]
        if not fresh:
            return
        records = self._records(fresh)
        if len(records) > self._at_once:
            records = records[kept(records, self._at_once)]
        count = 0
        try:
            file = self._open(directory, label)
            if len(self._names) != self._told[0]:
                self._write_names(directory, label)
            if file.count + len(records) > self._capacity:
                self._thin(file)
            before = file.count
            try:
                file.append(records)
            finally:
                count = file.count - before
        except OSError:
            self.lost += len(records) - count
            if self._file is not None and self._file.gone:
                self.close()
            raise

    def finish(self, directory: Path, label: str) -> None:
        """Nothing more will come: say how much was lost. Raises OSError."""
        if self._file is not None and self._told != (len(self._names), self.lost):
            self._write_names(directory, label)
        self.close()

    def close(self) -> None:
        """What comes next is written to new files, where these have been removed."""
        if self._file is not None:
            self._file.close()
        self._file, self._told = None, (0, 0)

    def _is_news(self, row: MetricRow) -> bool:
        """Whether it is not what was logged at the same step, in another way. Of too many names those
        that come last are lost."""
        if row.name not in self._names:
            if len(self._names) >= MOST_NAMES:
                self.lost += 1
                return False
            self._names[row.name] = len(self._names)
        last, self._last[row.name] = self._last.get(row.name), row
        if last is None or last.way == row.way or last.step != row.step:
            return True
        same = last.value == row.value or (last.value != last.value and row.value != row.value)
        return not (same or isclose(last.value, row.value, rel_tol=ALIKE))

    def _records(self, rows: Sequence[MetricRow]) -> RecordArray:
        records = np.empty(len(rows), METRIC)
        for field in ("step", "given", "time", "value"):
            records[field] = [getattr(row, field) for row in rows]
        records["metric"] = [self._names[row.name] for row in rows]
        return records

    def _open(self, directory: Path, label: str) -> RecordFile:
        if self._file is None:
            self._file = RecordFile(directory / metrics_name(label), METRIC.itemsize)
        return self._file

    def _write_names(self, directory: Path, label: str) -> None:
        """Before the first value of a new one, so that no reader meets a number without a name."""
        names = [name[:LONGEST_NAME] for name in self._names]
        text = header_text(label, names, self.lost)
        replace_file(directory / metrics_names_name(label), text.encode())
        self._told = (len(self._names), self.lost)

    def _thin(self, file: RecordFile) -> None:
        """Half of the room is free then. The file is replaced as a whole."""
        size = METRIC.itemsize
        data = os.pread(file.fd, file.count * size, 0)
        records = np.frombuffer(data[: len(data) // size * size], METRIC)
        beside = file.path.with_name(f".{file.path.name}.new")
        with suppress(OSError):
            beside.unlink()
        fresh = RecordFile(beside, size)
        try:
            fresh.append(records[kept(records, self._capacity // 2)])
            beside.replace(file.path)
        except OSError:
            fresh.close()
            with suppress(OSError):
                beside.unlink()
            raise
        file.replace(fresh)
