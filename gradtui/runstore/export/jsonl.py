"""One JSON object a recorded step."""

from pathlib import Path
from typing import TextIO

from gradtui.runstore.export.rows import rows
from gradtui.runstore.format.json_lines import dumps


def write_jsonl(directory: Path, out: TextIO) -> int:
    """Write every recorded step to `out`; the number of them.

    Numbers that are not finite are the strings "nan", "inf" and "-inf"; a missing gradient is null;
    `tensors` is empty where a step's were thinned; `metrics` has what the program logged. Raises
    GradtuiError where there is no run.
    """
    count = 0
    for row in rows(directory):
        out.write(dumps({**row.scalars, "tensors": row.tensors(), "metrics": row.metrics}) + "\n")
        count += 1
    return count
