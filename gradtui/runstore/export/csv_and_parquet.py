"""A run as a table: one line a recorded step, one column for each fact of each tensor."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from gradtui.core.text import printable
from gradtui.runstore.export.output import written
from gradtui.runstore.export.rows import FIELDS, SCALARS, ExportRow, columns, metric_names, rows
from gradtui.runstore.files.extra import needed

TEXT, TRUTH, WHOLE = ("stage",), ("skipped",), ("step", "rank", "optimizer", "evaluation")
BATCH = 512
FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def header(directory: Path) -> list[str]:
    """step, rank, ..., then NAME.grad_norm, NAME.grad_abs_max, ... of each tensor, and metrics.NAME of
    what the program logged."""
    tensors = [f"{name}.{field}" for name in columns(directory) for field in FIELDS]
    return [*SCALARS, *tensors, *(f"metrics.{name}" for name in metric_names(directory))]


def write_csv(directory: Path, out: TextIO) -> int:
    """Write the run as CSV; the number of lines below the header.

    A cell is empty where there is no gradient or nothing was measured, nan and inf are spelt so.
    Raises GradtuiError where there is no run.
    """
    titles = header(directory)
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([cell(title) for title in titles])
    count = 0
    for row in rows(directory):
        count += 1
        cells = _cells(row)
        writer.writerow([_spelt(cells.get(title)) for title in titles])
    return count


def write_parquet(directory: Path, path: Path) -> int:
    """Write the run as a Parquet file, columns as in CSV; the number of lines.

    Raises UsageError without pyarrow, GradtuiError where there is no run.
    """
    arrow = needed("pyarrow", "parquet")
    parquet = needed("pyarrow.parquet", "parquet")
    titles = header(directory)
    schema = arrow.schema([(title, _arrow_type(arrow, title)) for title in titles])
    count = 0
    with written(path) as file, parquet.ParquetWriter(file, schema) as writer:
        for batch in _batches(rows(directory)):
            cells = [_cells(row) for row in batch]
            table = {title: [cell.get(title) for cell in cells] for title in titles}
            writer.write_table(arrow.table(table, schema=schema))
            count += len(batch)
    return count


def cell(text: str) -> str:
    """Words as a cell: nothing that a terminal could obey, and nothing that a spreadsheet takes for a
    formula, which an apostrophe in front prevents."""
    text = printable(text)
    return f"'{text}" if text.startswith(FORMULA) else text


def _arrow_type(arrow: Any, title: str) -> Any:
    if title in TEXT:
        return arrow.string()
    if title in TRUTH:
        return arrow.bool_()
    return arrow.int64() if title in WHOLE else arrow.float64()


def _batches(source: Iterator[ExportRow]) -> Iterator[list[ExportRow]]:
    batch: list[ExportRow] = []
    for row in source:
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _cells(row: ExportRow) -> dict[str, Any]:
    cells = dict(row.scalars)
    for name, values in row.tensors().items():
        for field in FIELDS:
            value = values[field]
            cells[f"{name}.{field}"] = float(value) if value is not None else None
    return cells | {f"metrics.{name}": value for name, value in row.metrics.items()}


def _spelt(value: Any) -> Any:
    if isinstance(value, str):
        return cell(value)
    return "" if value is None else str(value).lower() if isinstance(value, bool) else value
