"""A run as TensorBoard event files, written by TensorBoard's own package."""

from pathlib import Path

from gradtui.core.errors import UsageError
from gradtui.core.text import printable
from gradtui.runstore.export.output import PRIVATE, mode_in, refuse_link, refused
from gradtui.runstore.export.rows import FIELDS, rows
from gradtui.runstore.files.extra import needed

TAGS = {
    "loss": "loss",
    "objective": "objective",
    "lr": "lr",
    "total_norm": "grad/total_norm",
    "clipped_norm": "grad/clipped_norm",
    "clip_coefficient": "clip",
}
WHERE_SET = ("objective", "lr", "clipped_norm", "clip_coefficient")
"""Left out where they are NaN: nothing of the kind was set."""


def prepared(folder: Path, name: str) -> Path:
    """A folder in a folder, made where it is missing. Raises GradtuiError where either is a link."""
    place = folder / name
    for path in (folder, place):
        refuse_link(path)
        try:
            path.mkdir(0o700 if mode_in(path.parent) == PRIVATE else 0o777, exist_ok=True)
        except OSError as error:
            raise refused(path, error) from None
    return place


def write_tensorboard(directory: Path, folder: Path) -> int:
    """Write one event folder a rank into `folder`; the number of steps.

    Tags are loss, objective, lr, grad/total_norm, grad/clipped_norm, clip, NAME/grad_norm etc. and
    metrics/NAME of what the program logged.
    Values are 32 bits wide there:
    beyond 1e-45 and 3e38 they are 0 and inf. Raises UsageError without tensorboard and where a folder
    has events already (they would be drawn on top of each other), GradtuiError where there is no run.
    """
    writing = needed("tensorboard.summary.writer.event_file_writer", "tensorboard")
    event_pb2 = needed("tensorboard.compat.proto.event_pb2", "tensorboard")
    summary_pb2 = needed("tensorboard.compat.proto.summary_pb2", "tensorboard")
    open_writers = {}
    count = 0
    try:
        for row in rows(directory):
            count += 1
            rank = row.scalars["rank"]
            if rank not in open_writers:
                place = prepared(folder, f"rank{rank}")
                if any(place.glob("events.out.tfevents.*")):
                    where = printable(str(place))
                    raise UsageError(f"{where} has events of another export: name another folder")
                open_writers[rank] = writing.EventFileWriter(str(place))
            values = {
                tag: row.scalars[name]
                for name, tag in TAGS.items()
                if name not in WHERE_SET or row.scalars[name] == row.scalars[name]
            }
            for name, facts in row.tensors().items():
                values |= {f"{name}/{f}": facts[f] for f in FIELDS if facts[f] is not None}
            values |= {f"metrics/{name}": value for name, value in row.metrics.items()}
            made = [summary_pb2.Summary.Value(tag=t, simple_value=v) for t, v in values.items()]
            open_writers[rank].add_event(
                event_pb2.Event(
                    wall_time=row.time,
                    step=row.scalars["step"],
                    summary=summary_pb2.Summary(value=made),
                )
            )
    finally:
        for writer in open_writers.values():
            writer.close()
    return count
