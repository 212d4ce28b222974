"""The binary records of a run directory: what one step leaves behind, field by field."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from gradtui.core.layout import FloatArray, Layout
from gradtui.core.snapshot import HIST_BINS, Act, Grad, Snapshot, State, Weight
from gradtui.runstore.format.scalar_rows import Row

RecordArray = npt.NDArray[np.void]

FLOATS = (
    "loss",
    "accuracy",
    "lr",
    "seconds",
    "overhead",
    "clip_coefficient",
    "loss_scale",
)
"""Fields of a step that are copied from a snapshot as they are."""

STEP = np.dtype(
    [
        ("step", "<i8"),
        ("time", "<f8"),
        *((name, "<f8") for name in FLOATS),
        ("total_norm", "<f8"),
        ("sharded_norm", "<f8"),
        ("optimizer", "<u2"),
        ("evaluation", "<u2"),
        ("generation", "<u2"),
        ("stage", "u1"),
        ("flags", "u1"),
        ("backwards", "<i8"),
        ("objective", "<f8"),
        ("clipped_norm", "<f8"),
    ]
)
"""One record of steps-RANK.bin. `time` is seconds since 1970; norms are over the parameters whose
gradient there is, before clipping, `sharded_norm` over those of them of which this rank holds a part;
`clipped_norm` is the same as `total_norm` after clipping."""

ROW_FIELDS = ("step", "time", "loss", "lr", "optimizer", "backwards", "loss_scale", "objective")
"""Of a `Row`, in its order; whether it was skipped comes next there, and is one of `flags`."""
ROW_SKIPPED = len(ROW_FIELDS)

SKIPPED, NONFINITE, UNMEASURED, RAISED = 1, 2, 4, 8
"""Bits of `flags`: the loss scaler threw the step away; some gradient or weight, or in a step that
was not measured the loss, is not finite; gradients were not measured, there are scalars only; the
optimizer's step has raised, or was not taken after a loss that was lost."""

STAGES = ("raw", "unscaled", "clipped", "unknown")
"""What `stage` counts."""


def detail_dtype(kind: str, layout: Layout) -> np.dtype[np.void]:
    """One record of a file of DETAILS: index into the steps file, step, values."""
    tensors, rows = len(layout.tensors), len(layout.rows)
    shapes: dict[str, tuple[str, tuple[int, int]]] = {
        "tensors": ("<f8", (tensors, Grad.COLUMNS)),
        "weights": ("<f8", (tensors, Weight.COLUMNS)),
        "activations": ("<f8", (rows, Act.COLUMNS)),
        "histograms": ("<u4", (tensors, HIST_BINS)),
        "states": ("<f8", (tensors, State.COLUMNS)),
    }
    code, shape = shapes[kind]
    return np.dtype([("record", "<i8"), ("step", "<i8"), ("values", code, shape)])


def described(dtype: np.dtype[Any]) -> list[list[Any]]:
    """A dtype as JSON has it: [name, code] or [name, code, shape]."""
    if dtype.names is None:
        return []
    fields = []
    for name in dtype.names:
        base, shape = dtype[name].base, dtype[name].shape
        fields.append([name, base.str, list(shape)] if shape else [name, base.str])
    return fields


PLAIN = re.compile(r"[<|][iuf][1248]")
MOST_FIELDS = 64


def steps_dtype(fields: Any) -> np.dtype[np.void]:
    """The dtype of a steps file as its header describes it: plain numbers, "step" and "time" among
    them. Raises ValueError where it is another."""
    try:
        dtype = plain_dtype(fields)
    except ValueError as error:
        raise ValueError(f"steps: {error}") from None
    if not {"step", "time"} <= set(dtype.names or ()):
        raise ValueError("steps: no step or no time")
    return dtype


def plain_dtype(fields: Any) -> np.dtype[np.void]:
    """A dtype of plain numbers, from a header. Raises ValueError where it is another."""
    if not isinstance(fields, list) or len(fields) > MOST_FIELDS:
        raise ValueError("no list of fields")
    pairs = []
    for item in fields:
        good = isinstance(item, list) and len(item) == 2 and all(isinstance(w, str) for w in item)
        if not good or not PLAIN.fullmatch(item[1]):
            raise ValueError("a field that is no plain number")
        pairs.append((item[0], item[1]))
    try:
        return np.dtype(pairs)
    except (TypeError, ValueError) as error:
        raise ValueError(str(error)) from None


LATEST = 1 << 53
"""A step beyond which a number is none."""


def rising(steps: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """[n] True for the steps of a file that are in order: all of them where nothing is damaged, else
    the longest series of them that never falls."""
    good = np.asarray((steps >= 0) & (steps < LATEST))
    if good.all() and (steps[1:] >= steps[:-1]).all():
        return good
    tops: list[int] = []
    ends: list[int] = []
    before: dict[int, int] = {}
    for at in np.flatnonzero(good).tolist():
        step = int(steps[at])
        place = bisect_right(tops, step)
        before[at] = ends[place - 1] if place else -1
        tops[place : place + 1], ends[place : place + 1] = [step], [at]
    out = np.zeros(len(steps), np.bool_)
    at = ends[-1] if ends else -1
    while at >= 0:
        out[at] = True
        at = before[at]
    return out


def as_steps(found: RecordArray) -> RecordArray:
    """[n] records of some version's steps file -> [n] STEP. What that version did not have is NaN,
    0, or 1 backward pass; what this one does not know is left out."""
    if found.dtype == STEP:
        return found
    out = np.zeros(len(found), STEP)
    out["backwards"] = 1
    names = found.dtype.names or ()
    with np.errstate(invalid="ignore", over="ignore"):
        for name in STEP.names or ():
            if name in names:
                out[name] = found[name]
            elif STEP[name].kind == "f":
                out[name] = np.nan
    return out


def present_norms(grads: FloatArray) -> FloatArray:
    """[..., tensors, Grad.COLUMNS] -> [..., tensors] norms, 0 where there is no gradient."""
    missing = np.isnan(grads[..., Grad.NONFINITE])
    return np.where(missing, 0.0, grads[..., Grad.NORM])


def norm_over(norms: FloatArray, chosen: npt.NDArray[np.bool_]) -> FloatArray:
    """[n, tensors] norms -> [n] L2 norm over the chosen tensors. As `merged_rows` for one row, in
    fewer calls: this is done for every step that is written."""
    if not chosen.all():
        norms = norms[:, chosen]
    if not norms.shape[1]:
        return np.zeros(len(norms))
    top: FloatArray = norms.max(axis=1)
    usable = np.isfinite(top) & (top > 0)
    scale = np.where(usable, top, 1.0)
    with np.errstate(invalid="ignore", over="ignore"):
        scaled = norms / scale[:, None]
        total = top * np.sqrt(np.einsum("nt,nt->n", scaled, scaled))
    return np.where(usable, total, top)


def step_records(
    times: Sequence[float],
    snapshots: Sequence[Snapshot],
    grads: FloatArray,
    layout: Layout,
    generation: int,
) -> RecordArray:
    """[n] STEP records of n snapshots, whose gradients are stacked in `grads`; `times` are those at
    which they came."""
    out = np.zeros(len(snapshots), STEP)
    out["step"] = [s.step for s in snapshots]
    out["time"] = [s.time if s.time == s.time else t for s, t in zip(snapshots, times, strict=True)]
    for name in FLOATS:
        out[name] = [getattr(s, name) for s in snapshots]
    norms = present_norms(grads)
    after = norm_over(norms, layout.parameters)
    for i, snapshot in enumerate(snapshots):
        if snapshot.norms_before is not None:
            there = ~np.isnan(grads[i, :, Grad.NONFINITE])
            norms[i] = np.where(there, snapshot.norms_before, 0.0)
    unseen = np.array([s.stage == "unknown" for s in snapshots]) & np.isnan(grads).all(axis=(1, 2))
    norms[unseen] = after[unseen] = np.nan
    coefficient = np.array(out["clip_coefficient"])
    taken = np.array([s.stage == "clipped" for s in snapshots])
    untold = taken & np.array([s.norms_before is None for s in snapshots])
    usable = np.where((coefficient > 0) & (coefficient <= 1), coefficient, np.nan)
    norms[untold] /= usable[untold, None]
    out["total_norm"] = norm_over(norms, layout.parameters)
    out["clipped_norm"] = np.where(taken, after, after * coefficient)
    if layout.shards.any():
        out["sharded_norm"] = norm_over(norms, layout.shards)
    out["optimizer"] = [min(max(s.optimizer, 0), 65535) for s in snapshots]
    out["evaluation"] = [min(max(s.evaluation, 0), 65535) for s in snapshots]
    out["generation"] = generation
    out["backwards"] = [s.backwards for s in snapshots]
    out["objective"] = [s.objective for s in snapshots]
    out["stage"] = [
        STAGES.index(s.stage) if s.stage in STAGES else len(STAGES) - 1 for s in snapshots
    ]
    broken = np.asarray((grads[:, :, Grad.NONFINITE] > 0).any(axis=1))
    broken |= np.array([s.nonfinite is not None or _weights_broken(s) for s in snapshots])
    out["flags"] = NONFINITE * broken + SKIPPED * np.array([s.skipped for s in snapshots])
    out["flags"] += (RAISED * np.array([s.raised for s in snapshots])).astype(np.uint8)
    return out


def row_records(rows: Sequence[Row], generation: int) -> RecordArray:
    """[n] STEP records of n steps of which scalars alone are known."""
    out = np.zeros(len(rows), STEP)
    for name, column in zip(ROW_FIELDS, zip(*rows, strict=True), strict=False):
        out[name] = column
    for name in (
        "accuracy",
        "seconds",
        "overhead",
        "clip_coefficient",
        "clipped_norm",
        "total_norm",
    ):
        out[name] = np.nan
    if len(rows):
        skipped = np.array([row[ROW_SKIPPED] for row in rows])
        out["flags"] = UNMEASURED + SKIPPED * skipped + NONFINITE * np.isinf(out["loss"])
    out["generation"] = generation
    out["stage"] = len(STAGES) - 1
    return out


def measured(records: RecordArray) -> npt.NDArray[np.bool_]:
    """[n] False where there are scalars only."""
    return np.asarray(records["flags"] & UNMEASURED == 0)


def _weights_broken(snapshot: Snapshot) -> bool:
    weights = snapshot.weights
    return weights is not None and bool((weights[:, Weight.NONFINITE] > 0).any())
