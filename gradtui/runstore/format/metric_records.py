"""metrics-RANK.bin, what a program has logged, and metrics-RANK.json, which says what is in it."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from gradtui.core.layout import BoolArray, FloatArray, IntArray
from gradtui.core.metric import LONGEST_NAME
from gradtui.core.text import printable
from gradtui.runstore.files.reading import read_json
from gradtui.runstore.format.file_names import metrics_name, metrics_names_name
from gradtui.runstore.format.records import LATEST, RecordArray, described, plain_dtype

METRIC = np.dtype(
    [("step", "<i8"), ("given", "<f8"), ("time", "<f8"), ("value", "<f8"), ("metric", "<u2")]
)
"""One value. `step` is the last optimizer step that had begun, -1 before the first; `given` is what the
program named, NaN where nothing; `metric` is an index into the names."""
NAMES_SCHEMA = 1
MOST_READ, LARGEST_NAMES = 4096, 4 << 20
"""Names that are read of a run that may come from anyone, and bytes of the file that has them."""


class MetricsHeader(NamedTuple):
    """What metrics-RANK.json says."""

    names: tuple[str, ...]
    dtype: np.dtype[np.void]
    lost: int
    """Values that are in no file, because too many came at once or the disk refused them."""


def header_text(label: str, names: Sequence[str], lost: int) -> str:
    return json.dumps(
        {
            "schema": NAMES_SCHEMA,
            "file": metrics_name(label),
            "dtype": described(METRIC),
            "names": list(names),
            "lost": lost,
        },
        indent=1,
    )


def read_metrics_header(directory: Path, label: str) -> MetricsHeader | None:
    """None where there is none. Raises one of DAMAGE where it is none of ours."""
    try:
        data: dict[str, Any] = read_json(directory / metrics_names_name(label), LARGEST_NAMES)
    except FileNotFoundError:
        return None
    names = data["names"]
    if not isinstance(names, list) or len(names) > MOST_READ:
        raise ValueError("names are no list, or too many")
    dtype = plain_dtype(data["dtype"])
    if not {"step", "time", "value", "metric"} <= set(dtype.names or ()):
        raise ValueError("a field of the metrics is missing")
    lost = data.get("lost", 0)
    lost = lost if isinstance(lost, int) and 0 <= lost < LATEST else 0
    return MetricsHeader(tuple(shown_name(name) for name in names), dtype, lost)


def shown_name(name: Any) -> str:
    """A name as it may be shown anywhere. Raises TypeError where it is no text."""
    if not isinstance(name, str):
        raise TypeError("a name is no text")
    return printable(name[: 2 * LONGEST_NAME].encode("utf-8", "backslashreplace").decode())


def kept(records: RecordArray, most: int) -> BoolArray:
    """[n] which of the records to keep so that no more than `most` are left: of names with few of them
    all, of the others the first, the latest quarter, and the smallest, largest and first non-finite value
    of each stretch of steps before, all of one length."""
    metric = np.asarray(records["metric"], np.int64)
    keep = np.ones(len(records), np.bool_)
    counts = np.bincount(metric) if len(metric) else np.empty(0, np.int64)
    share = _share(counts, most)
    for one in np.flatnonzero(counts > share).tolist():
        at = np.flatnonzero(metric == one)
        steps, values = records["step"][at], records["value"][at]
        keep[at] = _thinned(np.maximum.accumulate(steps), np.asarray(values, np.float64), share)
    return keep


def _share(counts: IntArray, most: int) -> int:
    """The largest number that each name may keep, where those with fewer leave the others their room."""
    left, names = most, np.sort(counts[counts > 0])
    for i, count in enumerate(names.tolist()):
        share = left // (len(names) - i)
        if count > share:
            return max(share, 1)
        left -= count
    return max(int(names[-1]), 1) if len(names) else 1


def _thinned(steps: IntArray, values: FloatArray, most: int) -> BoolArray:
    """[n] of one name. `steps` never fall."""
    count = len(steps)
    keep = np.zeros(count, np.bool_)
    recent = max(most // 4, 1)
    keep[-recent:] = True
    if most < 8:
        keep[:-most] = False
        keep[-most:] = True
        return keep
    keep[0] = True
    old = slice(0, count - recent)
    room = (most - recent - 1) // 3
    for shift in range(63):
        stretch = (
            steps[old] + 1
        ) >> shift  # from 0 on, as there may be values before the first step
        if np.count_nonzero(stretch[1:] != stretch[:-1]) < room:
            break
    keep[old] |= _extremes(np.asarray(stretch, np.int64), values[old])
    return keep


def _extremes(stretch: IntArray, values: FloatArray) -> BoolArray:
    """[n] the smallest and the largest finite value of each stretch, and its first that is not finite."""
    keep = np.zeros(len(values), np.bool_)
    finite = np.flatnonzero(np.isfinite(values))
    order = finite[np.lexsort((values[finite], stretch[finite]))]
    if len(order):
        changes = stretch[order][1:] != stretch[order][:-1]
        keep[order[np.append(True, changes)]] = True
        keep[order[np.append(changes, True)]] = True
    broken = np.flatnonzero(~np.isfinite(values))
    keep[broken[np.unique(stretch[broken], return_index=True)[1]]] = True
    return keep
