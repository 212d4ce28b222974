"""A log as a run directory: the same facts as a recorded run has, and word of all that is missing."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from gradtui.core.errors import GradtuiError
from gradtui.core.event import RunInfo
from gradtui.core.layout import BoolArray, FloatArray, IntArray, Layout
from gradtui.core.logged import NOTHING, Logged
from gradtui.core.snapshot import Grad
from gradtui.core.text import printable
from gradtui.core.version import version
from gradtui.runstore.files.disk import RecordFile, append_line, replace_file
from gradtui.runstore.files.reading import DAMAGE
from gradtui.runstore.format.event_json import nonfinite_json
from gradtui.runstore.format.file_names import OUTPUT_NAME, detail_name, events_name, steps_name
from gradtui.runstore.format.json_lines import dumps
from gradtui.runstore.format.metric_rows import MetricRow
from gradtui.runstore.format.records import (
    FLOATS,
    NONFINITE,
    STAGES,
    STEP,
    UNMEASURED,
    RecordArray,
    detail_dtype,
)
from gradtui.runstore.format.run_header import Generation, Header
from gradtui.runstore.format.run_json import MOST_LIMITS, write_header
from gradtui.runstore.logs.broken import Broken, broken
from gradtui.runstore.logs.description import described
from gradtui.runstore.logs.formats import LogFormat
from gradtui.runstore.logs.layout import held, layout_of
from gradtui.runstore.logs.selection import Selection
from gradtui.runstore.logs.series import Log, Series
from gradtui.runstore.logs.table import Table, metrics_of, table_of
from gradtui.runstore.writer.metric_files import MetricFiles
from gradtui.runstore.writer.thinning import ThinningFile

LABEL = "0"
BUDGET = 64 << 20
"""Bytes of gradients: of a log of many layers and steps evenly spaced ones are kept."""
AT_ONCE = 16 << 20
AT_ONCE_METRICS = 4096
"""Values: of more at a time some would be left out."""


def convert(path: Path, form: LogFormat, directory: Path, named: Path | None = None) -> None:
    """Make the empty folder `directory` a run of the log at `path`, which was `named` otherwise.

    Raises UsageError where it holds nothing for us or a package is missing, GradtuiError where it cannot
    be read.
    """
    try:
        log = form.load().read(path)
    except DAMAGE as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise GradtuiError(
            f"{printable(str(path))} cannot be read: {printable(said or type(error).__name__)[:100]}"
        ) from None
    selection = Selection(log)
    table = table_of(selection)
    layout = layout_of(table)
    names = tuple("" if s is None else s.name for s in (selection.loss, selection.norm))
    bad = broken(table, layout, (names[0], names[1]))
    limits = (*table.limits, *selection.limits, *_zeros(log, table), bad.passing, *log.limits)
    logged = Logged(
        form.name,
        str(named or path),
        held(table),
        bool(table.loss_said.any()),
        len(np.unique(table.steps)),
        table.every,
        tuple(clause for clause in limits if clause)[:MOST_LIMITS],
    )
    info = RunInfo(
        printable((named or path).name), "", "", "", "", 0, log.planned, 0, logged=logged
    )
    _write(directory, Generation(layout, info), table, bad)
    _write_metrics(directory, metrics_of(selection), form.name)
    text = "\n".join(described(log, selection, logged)) + "\n"
    replace_file(directory / OUTPUT_NAME, text.encode("utf-8", "backslashreplace"))


def _zeros(log: Log, table: Table) -> tuple[str, ...]:
    """On losses that a writer may have put in the place of a NaN."""
    zero = table.loss == 0
    if not log.filtered or not zero.any() or not (table.loss[table.loss_said & ~zero] > 0).any():
        return ()
    steps = table.steps[zero]
    often = "" if len(steps) == 1 else f" and {len(steps) - 1:,} more"
    return (
        f"the loss of exactly 0 at step {steps[0]:,}{often} may stand for a NaN, which the Trainer's "
        "logging_nan_inf_filter leaves out of its means",
    )


def _write(directory: Path, generation: Generation, table: Table, bad: Broken) -> None:
    layout, logged = generation.layout, generation.info.logged
    assert logged is not None
    known = table.time[np.isfinite(table.time)]
    begun = float(known.min()) if len(known) else 0.0
    header = Header(
        command=(logged.path,),
        started=begun,
        versions={"gradtui": version()},
        generations=[generation],
        steps_taken=int(table.steps[-1]) + 1,
    )
    # Where there are no norms at all every row is kept, as what the doctor looks at.
    measured = np.ones(len(table), np.bool_)
    if logged.gradients != NOTHING:
        measured = _measured(table)
    header.steps_measured = int(measured.sum()) if logged.gradients != NOTHING else 0
    steps = RecordFile(directory / steps_name(LABEL), STEP.itemsize)
    try:
        steps.append(_records(table, layout, bad, measured & (logged.gradients != NOTHING)))
    finally:
        steps.close()
    dtype = detail_dtype("tensors", layout)
    file = ThinningFile(directory / detail_name("tensors", LABEL, 0), dtype, BUDGET)
    try:
        for part in _details(table, layout, np.flatnonzero(measured)):
            file.add(part, bad.rows[part["record"]])
    finally:
        file.close()
    write_header(directory, header)
    last = int(table.steps[-1]) + 1
    told: list[dict[str, object]] = [{"kind": "started", "generation": 0}]
    if bad.first is not None:
        told.append(nonfinite_json(bad.first))
    told += [{"kind": "ended", "step": last, "reason": "finished"}, {"kind": "closed", "pid": 0}]
    for line in told:
        append_line(directory / events_name(LABEL), dumps({"time": begun, "rank": 0} | line))


def _write_metrics(directory: Path, metrics: Sequence[Series], way: str) -> None:
    """What is drawn beside: no verdict goes by it."""
    files = MetricFiles()
    for one in metrics:
        points = zip(one.steps.tolist(), one.times.tolist(), one.values.tolist(), strict=True)
        rows = [MetricRow(one.name, way, int(s), s, t, v) for s, t, v in points]
        for begin in range(0, len(rows), AT_ONCE_METRICS):
            files.write(directory, LABEL, rows[begin : begin + AT_ONCE_METRICS], 0)
    files.finish(directory, LABEL)


def _measured(table: Table) -> BoolArray:
    """[n] rows of which a gradient norm is known: of a layer, where there are layers."""
    if not table.layers:
        return table.norm_said
    out = np.zeros(len(table), np.bool_)
    for column in table.layers.values():
        out[column.rows] = True
    return out


def _records(table: Table, layout: Layout, bad: Broken, measured: BoolArray) -> RecordArray:
    out = np.zeros(len(table), STEP)
    for name in (*FLOATS, "objective", "clipped_norm", "sharded_norm"):
        out[name] = np.nan
    out["step"], out["time"], out["evaluation"] = table.steps, table.time, table.evaluation
    out["loss"], out["lr"] = table.loss, table.rate
    out["total_norm"] = table.norm
    if table.layers:
        out["total_norm"] = np.where(table.norm_said, table.norm, _totals(table))
    out["backwards"] = 1
    out["stage"] = STAGES.index("unknown")
    out["flags"] = NONFINITE * bad.rows + UNMEASURED * ~measured
    return out


def _totals(table: Table) -> FloatArray:
    """[n] norms over the layers that were logged; NaN where none was."""
    top = np.full(len(table), np.nan)
    for column in table.layers.values():
        top[column.rows] = np.fmax(top[column.rows], np.abs(column.series.values))
    scale = np.where(np.isfinite(top) & (top > 0), top, 1.0)
    squares = np.where(np.isnan(top), np.nan, 0.0)
    with np.errstate(invalid="ignore", over="ignore"):
        for column in table.layers.values():
            at = column.rows
            squares[at] = np.nan_to_num(squares[at]) + np.square(column.series.values / scale[at])
        return np.asarray(scale * np.sqrt(squares))


def _details(table: Table, layout: Layout, rows: IntArray) -> Iterator[RecordArray]:
    """Records of the file of gradients, some at a time."""
    dtype = detail_dtype("tensors", layout)
    many = max(AT_ONCE // dtype.itemsize, 1)
    for begin in range(0, len(rows), many):
        here = rows[begin : begin + many]
        out = np.zeros(len(here), dtype)
        out["record"], out["step"] = here, table.steps[here]
        values = np.full((len(here), len(layout.tensors), Grad.COLUMNS), np.nan)
        if table.layers:
            for place, column in enumerate(table.layers.values()):
                low, high = np.searchsorted(column.rows, [here[0], here[-1] + 1])
                at = np.searchsorted(here, column.rows[low:high])
                values[at, place, Grad.NORM] = column.series.values[low:high]
                if len(column.series.largest):
                    values[at, place, Grad.ABS_MAX] = column.series.largest[low:high]
        elif len(layout.tensors):
            values[:, 0, Grad.NORM] = table.norm[here]
        there = _there(table, layout, here)
        values[..., Grad.NONFINITE] = np.where(
            there, np.where(np.isfinite(values[..., Grad.NORM]), 0.0, 1.0), np.nan
        )
        out["values"] = values
        yield out


def _there(table: Table, layout: Layout, here: IntArray) -> BoolArray:
    """[k, tensors] whether the log has a value, which may be NaN."""
    out = np.zeros((len(here), len(layout.tensors)), np.bool_)
    if table.layers:
        for place, column in enumerate(table.layers.values()):
            low, high = np.searchsorted(column.rows, [here[0], here[-1] + 1])
            out[np.searchsorted(here, column.rows[low:high]), place] = True
    elif len(layout.tensors):
        out[:, 0] = table.norm_said[here]
    return out
