"""TensorBoard event files: every point in the order of the file, by TensorBoard's own messages.

Its readers for people sort, thin and purge by step. Here nothing is left out: records are taken as its
`RawEventFileLoader` has them, from files that are opened as all files of strangers are.
"""

import math
import struct
from pathlib import Path
from typing import Any

import numpy as np

from gradtui.core.paths import is_folder
from gradtui.core.text import printable
from gradtui.runstore.files.extra import needed
from gradtui.runstore.files.reading import DAMAGE, opened, read_at
from gradtui.runstore.logs.limits import CUT, MOST_POINTS, whole_file
from gradtui.runstore.logs.places import files_below, the_one
from gradtui.runstore.logs.record_frames import frames
from gradtui.runstore.logs.series import HISTOGRAM, Collector, Log

MARK = b"brain.Event:"
"""In the first record of every such file."""
NEEDED = "reading event files"
FLOAT, DOUBLE = 1, 2
"""`DataType` of a tensor."""


def holds(path: Path) -> bool:
    """Whether a file is one of events, or a folder has some in it or below."""
    if is_folder(path):
        return bool(_folders(path))
    try:
        with opened(path) as fd:
            return MARK in read_at(fd, 64, 0)
    except OSError:
        return False


def read(path: Path) -> Log:
    """Raises UsageError where a folder holds several runs or TensorBoard is not installed, OSError
    where a file cannot be read."""
    event_pb2 = needed("tensorboard.compat.proto.event_pb2", "tensorboard", NEEDED)
    stub = needed("tensorboard.compat.tensorflow_stub.pywrap_tensorflow", "tensorboard", NEEDED)
    files = _files(path)
    collector = Collector(MOST_POINTS)
    limits: list[str] = []
    for file in files:
        name = file.name if len(files) > 1 else ""
        data = whole_file(file)
        begin, end, trouble = frames(data, stub.CRC_TABLE)
        for first, last in zip(begin.tolist(), end.tolist(), strict=True):
            try:
                event = event_pb2.Event.FromString(data[first:last])
            except Exception:  # protobuf's DecodeError, whichever of its implementations it is of
                trouble = f"has a record at byte {first:,} that is no event"
                break
            _take(event, name, collector)
        if trouble:
            limits.append(f"{printable(file.name)} {trouble}: what comes after is not known")
    if collector.full:
        limits.append(CUT)
    series = collector.series()
    if any(np.isinf(one.values).any() for one in series):
        limits.append(
            "an infinity may be a number of bfloat16 above 65,504, or of float64 above 3e38: torch's writer "
            "passes the first through float16, and the file holds float32"
        )
    if any((one.values == 0).any() for one in series if one.kind == HISTOGRAM):
        limits.append(
            "a norm of exactly 0 may be of numbers of bfloat16 below 3e-8, which torch's writer passes "
            "through float16"
        )
    return Log(series, tuple(limits), files=tuple(file.name for file in files))


def _take(event: Any, source: str, collector: Collector) -> None:
    if not event.HasField("summary"):
        return
    for value in event.summary.value:
        kind = value.WhichOneof("value")
        name = value.tag or value.node_name
        if kind == "simple_value":
            collector.scalar(name, event.step, value.simple_value, event.wall_time, source)
        elif kind == "tensor":
            number = _number(value.tensor)
            if number is not None:
                collector.scalar(name, event.step, number, event.wall_time, source)
        elif kind == "histo":
            counted = value.histo
            if not counted.num > 0:
                continue
            collector.histogram(
                name,
                event.step,
                math.sqrt(counted.sum_squares) if counted.sum_squares >= 0 else math.nan,
                int(counted.num),
                max(abs(counted.min), abs(counted.max)),
                event.wall_time,
                source,
            )


def _number(tensor: Any) -> float | None:
    """The one number of a tensor, as TensorFlow 2 and `new_style=True` write scalars; else None."""
    try:
        if tensor.float_val:
            return float(tensor.float_val[0]) if len(tensor.float_val) == 1 else None
        if tensor.double_val:
            return float(tensor.double_val[0]) if len(tensor.double_val) == 1 else None
        form = {FLOAT: "<f", DOUBLE: "<d"}.get(tensor.dtype, "")
        if form and len(tensor.tensor_content) == struct.calcsize(form):
            return float(struct.unpack(form, tensor.tensor_content)[0])
    except DAMAGE:
        return None
    return None


def _files(path: Path) -> list[Path]:
    """In the order in which they were begun: their names have that time in them."""
    if not is_folder(path):
        return [path]
    found = _folders(path)
    return found.get(path) or found[the_one(path, list(found))]


def _folders(path: Path) -> dict[Path, list[Path]]:
    """{folder: its event files}, of `path` and what is below."""
    out: dict[Path, list[Path]] = {}
    for file in files_below(path, lambda name: ".tfevents." in name):
        if holds(file):
            out.setdefault(file.parent, []).append(file)
    return out
