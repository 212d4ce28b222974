"""A run as TensorBoard event files, written by TensorBoard's own package."""

from pathlib import Path

from gradtui.stream.export.extra import needed
from gradtui.stream.export.rows import FIELDS, rows

TAGS = {"loss": "loss", "lr": "lr", "total_norm": "grad/total_norm", "clip_coefficient": "clip"}


def write_tensorboard(directory: Path, folder: Path) -> int:
    """Write one event folder a rank into `folder`; the number of steps.

    Tags are loss, lr, grad/total_norm and NAME/grad_norm etc. Raises UsageError without tensorboard,
    GradtuiError where there is no run.
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
                open_writers[rank] = writing.EventFileWriter(str(folder / f"rank{rank}"))
            values = {tag: row.scalars[name] for name, tag in TAGS.items()}
            for name, facts in row.tensors().items():
                values |= {f"{name}/{f}": facts[f] for f in FIELDS if facts[f] is not None}
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
