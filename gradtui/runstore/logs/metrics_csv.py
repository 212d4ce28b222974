"""metrics.csv, as Lightning's CSVLogger writes it."""

import csv
import io
import math
from pathlib import Path

from gradtui.core.errors import GradtuiError
from gradtui.core.paths import is_folder
from gradtui.core.text import printable
from gradtui.runstore.files.reading import opened, read_at
from gradtui.runstore.logs.limits import CUT, MOST_POINTS, whole_file
from gradtui.runstore.logs.names import LAYER, by_number, meanings
from gradtui.runstore.logs.places import files_below, the_one
from gradtui.runstore.logs.series import SCALAR, Collector, Log

NAME = "metrics.csv"
MOST = 512 << 20
MOST_COLUMNS = 20_000
NO_SERIES = ("step", "epoch")
SORTED = "layers stand in the order of their names, which need not be that of depth"
LIMITS = (
    "under gradient accumulation the loss is that of the last micro-batch of a step: a NaN in another "
    "one leaves no trace in it",
)


def files(path: Path) -> list[Path]:
    """The file itself, that in the folder of a version, or those of the versions below."""
    if not is_folder(path):
        return [path]
    found = [
        file for file in files_below(path, lambda name: name == NAME, depth=1) if _is_one(file)
    ]
    own = [file for file in found if file.parent == path]
    return own or found


def holds(path: Path) -> bool:
    return any(_is_one(file) for file in files(path))


def _is_one(file: Path) -> bool:
    try:
        with opened(file) as fd:
            head = read_at(fd, 1 << 20, 0)
    except OSError:
        return False
    return {"step", "epoch"} <= set(_header(head.partition(b"\n")[0].decode("utf-8", "replace")))


def _header(line: str) -> list[str]:
    try:
        return next(csv.reader([line]), [])
    except csv.Error:
        return []


def read(path: Path) -> Log:
    """Raises UsageError where there are several, GradtuiError where it is damaged or too large, OSError
    where it cannot be read."""
    found = files(path)
    file = found[0] if len(found) == 1 else the_one(path, [one.parent for one in found]) / NAME
    text = io.StringIO(whole_file(file, MOST).decode("utf-8", "replace"), newline="")
    collector = Collector(MOST_POINTS)
    limits = list(LIMITS)
    odd = 0
    try:
        rows = csv.reader(text)
        header = next(rows)
        if len(header) > MOST_COLUMNS:
            raise GradtuiError(f"{printable(str(file))} has more than {MOST_COLUMNS:,} columns.")
        at = header.index("step")
        names = [(i, name) for i, name in enumerate(header) if name not in NO_SERIES and name]
        names.sort(key=lambda pair: by_number(pair[1]))
        for row in rows:
            step = _number(row[at]) if len(row) == len(header) else None
            if step is None:
                odd += bool(row)
                continue
            for i, name in names:
                value = _number(row[i]) if row[i] else None
                if value is not None:
                    collector.scalar(name, step, value)
    except (csv.Error, StopIteration, ValueError) as error:
        wrong = printable(f"{type(error).__name__} {error}")[:100].strip()
        raise GradtuiError(f"{printable(str(file))} is damaged: {wrong}") from None
    if odd:
        rest = "a row that is" if odd == 1 else f"{odd:,} rows that are"
        limits.append(f"{printable(file.name)} has {rest} not whole: left out")
    if collector.full:
        limits.append(CUT)
    if any(meaning.what == LAYER for meaning in meanings((n, SCALAR) for _, n in names).values()):
        limits.append(SORTED)
    name = str(file.relative_to(path)) if file != path else file.name
    return Log(collector.series(), tuple(limits), files=(name,), repeated=True)


def _number(text: str) -> float | None:
    """None for what is no number: a label, a tensor's words."""
    try:
        return float(text)
    except ValueError:
        return math.nan if text.lower() == "nan" else None
