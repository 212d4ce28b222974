"""A run of a million steps, as its files are after all thinning, written in a moment."""

from pathlib import Path

import numpy as np

from gradtui.core.layout import Layout
from gradtui.runstore.format.file_names import detail_name, steps_name
from gradtui.runstore.format.records import STEP, RecordArray, detail_dtype
from gradtui.runstore.format.run_header import Generation, here
from gradtui.runstore.format.run_json import write_header
from tests.factories import run_info

EVERY = {"tensors": 256, "weights": 512, "activations": 1024, "histograms": 16384}
"""Steps between two records: what 200 tensors come to within the budget."""


def scalars(first: int, count: int) -> RecordArray:
    out = np.zeros(count, STEP)
    out["step"] = np.arange(first, first + count)
    out["time"] = 1e9 + 0.001 * out["step"]
    out["loss"] = 1.0 / (1.0 + out["step"])
    out["seconds"] = out["lr"] = 1e-3
    out["total_norm"] = out["backwards"] = 1
    return out


def details(kind: str, layout: Layout, steps: np.ndarray) -> RecordArray:
    """Every gradient and weight is as large as its step's number."""
    out = np.zeros(len(steps), detail_dtype(kind, layout))
    out["record"] = out["step"] = steps
    if kind != "histograms":
        out["values"][..., 0] = steps[:, None]
    return out


def write_long(directory: Path, total: int, layout: Layout) -> None:
    """A run that is over or goes on: it says no end, and its process is this one."""
    directory.mkdir(parents=True)
    header = here(("python", "train.py"))
    header.generations.append(Generation(layout, run_info()))
    write_header(directory, header)
    scalars(0, total).tofile(directory / steps_name("0"))
    for kind, every in EVERY.items():
        steps = np.unique(
            np.append(np.arange(0, total, every), np.arange(max(total - 64, 0), total))
        )
        details(kind, layout, steps).tofile(directory / detail_name(kind, "0", 0))


def go_on(directory: Path, first: int, count: int, layout: Layout) -> None:
    """The next steps, each in full."""
    with (directory / steps_name("0")).open("ab") as file:
        file.write(scalars(first, count).tobytes())
    with (directory / detail_name("tensors", "0", 0)).open("ab") as file:
        file.write(details("tensors", layout, np.arange(first, first + count)).tobytes())
