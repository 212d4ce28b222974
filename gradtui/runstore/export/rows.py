"""The recorded steps of a run one after the other, each rank's for itself, as plain values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gradtui.core.layout import UNKNOWN_SHAPE, FloatArray, Layout
from gradtui.core.snapshot import Grad, Weight
from gradtui.runstore.files.reading import extent, in_a_sentence, opened, records_at
from gradtui.runstore.format.file_names import detail_name
from gradtui.runstore.format.record_tail import RecordTail
from gradtui.runstore.format.records import (
    LATEST,
    SKIPPED,
    STAGES,
    UNMEASURED,
    as_steps,
    detail_dtype,
)
from gradtui.runstore.ranks.process_status import read_ranks
from gradtui.runstore.ranks.rank_files import RankFiles
from gradtui.runstore.reader.metrics import metrics_of

CHUNK = 4096
SCALARS = (
    "step",
    "rank",
    "optimizer",
    "evaluation",
    "loss",
    "lr",
    "total_norm",
    "stage",
    "clip_coefficient",
    "skipped",
    "objective",
    "clipped_norm",
)
"""Fields of a row beside its tensors, in the order in which they are exported."""

GRADS = {
    "grad_norm": Grad.NORM,
    "grad_abs_max": Grad.ABS_MAX,
    "zeros": Grad.ZEROS,
    "nonfinite": Grad.NONFINITE,
}
WEIGHTS = {"weight_norm": Weight.NORM, "update_norm": Weight.UPDATE}
COUNTS = ("zeros", "nonfinite")
FIELDS = (*GRADS, *WEIGHTS)
"""What is exported of a tensor, beside its element count."""


@dataclass(frozen=True, slots=True)
class ExportRow:
    """One step of one rank. `grads` [tensors, Grad.COLUMNS] and `weights` are None where the step
    was thinned or nothing was measured."""

    scalars: dict[str, Any]
    time: float
    layout: Layout
    grads: FloatArray | None
    weights: FloatArray | None
    metrics: Mapping[str, float]
    """What the program logged after this step and before the next, the last value of each name; at the
    first step also what it logged before."""

    def tensors(self) -> dict[str, dict[str, Any]]:
        """Tensor name -> FIELDS and `numel`; None for a gradient that is missing and for what was
        not measured. Empty for a step that was thinned."""
        if self.grads is None:
            return {}
        out = {}
        grads = self.grads.tolist()
        weights = self.weights.tolist() if self.weights is not None else None
        for i, tensor in enumerate(self.layout.tensors):
            if tensor.role == "total":  # which is no tensor, but what a log tells of all
                continue
            there = grads[i][Grad.NONFINITE] == grads[i][Grad.NONFINITE]
            values: dict[str, Any] = {
                name: grads[i][column] if there else None for name, column in GRADS.items()
            }
            top = values["grad_abs_max"]
            if top is not None and top != top and not grads[i][Grad.NONFINITE] > 0:
                values["grad_abs_max"] = None  # norms alone were taken
            for name in COUNTS:
                value = values[name]  # not every step's zeros are counted
                counted = value is not None and 0 <= value < LATEST
                values[name] = int(value) if counted else None
            values["numel"] = None if tensor.shape == UNKNOWN_SHAPE else tensor.numel
            for name, column in WEIGHTS.items():
                known = weights is not None and not _unmeasured(weights[i])
                values[name] = weights[i][column] if weights is not None and known else None
            out[tensor.name] = values
        return out


def _unmeasured(weight: list[float]) -> bool:
    return weight[Weight.NONFINITE] != weight[Weight.NONFINITE]


def rows(directory: Path) -> Iterator[ExportRow]:
    """Every recorded step, one rank after the other. Raises GradtuiError where there is no run."""
    with in_a_sentence(directory):
        for rank in read_ranks(directory):
            yield from _rows_of(rank)


def columns(directory: Path) -> list[str]:
    """The names of all tensors of all ranks and layouts, each once."""
    names: dict[str, None] = {}
    for rank in read_ranks(directory):
        for generation in rank.header.generations:
            tensors = generation.layout.tensors
            names.update(dict.fromkeys(t.name for t in tensors if t.role != "total"))
    return list(names)


def metric_names(directory: Path) -> list[str]:
    """The names of all metrics of all ranks, each once."""
    names: dict[str, None] = {}
    for rank in read_ranks(directory):
        names.update(dict.fromkeys(metrics_of([rank])))
    return list(names)


def _logged(rank: RankFiles) -> dict[int, dict[str, float]]:
    """Step -> the last value of each name that was logged there."""
    out: dict[int, dict[str, float]] = {}
    for name, metric in metrics_of([rank]).items():
        for step, value in zip(metric.step.tolist(), metric.value.tolist(), strict=True):
            out.setdefault(max(step, 0), {})[name] = value
    return out


def _rows_of(rank: RankFiles) -> Iterator[ExportRow]:
    details: dict[tuple[str, int], dict[int, FloatArray]] = {}
    dtype = rank.header.steps
    logged = _logged(rank)
    now = 0
    try:
        with opened(rank.steps_path) as fd:
            whole = extent(fd) // dtype.itemsize
            for first in range(0, whole, CHUNK):
                records = as_steps(records_at(fd, dtype, first, min(CHUNK, whole - first)))
                for i, record in enumerate(records):
                    if i + 1 < len(records) and _again(record, records[i + 1]):
                        continue
                    number = int(record["generation"])
                    if not now <= number < len(rank.header.generations):
                        return
                    now = number
                    for kind in ("tensors", "weights"):
                        if (kind, number) not in details:
                            # One generation at a time: what is over is let go.
                            details = {k: v for k, v in details.items() if k[1] == number}
                            details[kind, number] = _details(rank, kind, number)
                    last = i + 1 == len(records) or records[i + 1]["step"] != record["step"]
                    yield ExportRow(
                        _plain(record, rank.header.rank),
                        float(record["time"]),
                        rank.header.generations[number].layout,
                        details["tensors", number].get(first + i),
                        details["weights", number].get(first + i),
                        logged.pop(max(int(record["step"]), 0), {}) if last else {},
                    )
    except OSError:
        return


def _again(record: np.void, following: np.void) -> bool:
    """Whether of a step of which scalars alone were recorded everything was after all."""
    bare, full = (bool(int(one["flags"]) & UNMEASURED) for one in (record, following))
    return bare and not full and record["step"] == following["step"]


def _plain(record: np.void, rank: int) -> dict[str, Any]:
    values = {"rank": rank, "stage": STAGES[min(int(record["stage"]), len(STAGES) - 1)]}
    values["skipped"] = bool(int(record["flags"]) & SKIPPED)
    return {n: values[n] if n in values else record[n].item() for n in SCALARS}


def _details(rank: RankFiles, kind: str, number: int) -> dict[int, FloatArray]:
    """Index of a step -> its values, as far as there are any."""
    path = rank.directory / detail_name(kind, rank.label, number)
    dtype = detail_dtype(kind, rank.header.generations[number].layout)
    found = RecordTail(path, dtype).poll()
    return dict(zip(found["record"].tolist(), found["values"], strict=True))
