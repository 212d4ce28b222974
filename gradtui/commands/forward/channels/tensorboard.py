"""Event files, written by TensorBoard's own package."""

from pathlib import Path

from gradtui.commands.forward.address import Address
from gradtui.commands.forward.channels.channel import RefusedError
from gradtui.commands.forward.folder import run_folder
from gradtui.commands.forward.records import Batch, RunAbout, Told
from gradtui.core.errors import GradtuiError
from gradtui.core.text import printable
from gradtui.runstore.files.extra import needed

WHAT = "--to tensorboard"
TEXT = "text"
"""The plugin that shows findings."""
FINDINGS = "gradtui/findings"


class TensorBoardChannel:
    """Writes scalars, and findings as text, into a folder of the run's name."""

    limits = ()

    def __init__(self, address: Address, about: RunAbout) -> None:
        writing = needed("tensorboard.summary.writer.event_file_writer", "tensorboard", what=WHAT)
        self._event = needed("tensorboard.compat.proto.event_pb2", "tensorboard", what=WHAT)
        self._summary = needed("tensorboard.compat.proto.summary_pb2", "tensorboard", what=WHAT)
        self._tensor = needed("tensorboard.compat.proto.tensor_pb2", "tensorboard", what=WHAT)
        self._shape = needed("tensorboard.compat.proto.tensor_shape_pb2", "tensorboard", what=WHAT)
        self._types = needed("tensorboard.compat.proto.types_pb2", "tensorboard", what=WHAT)
        try:
            place = run_folder(Path(address.place), about.name)
            self._writer = writing.EventFileWriter(str(place))
        except (GradtuiError, OSError) as error:
            raise RefusedError(str(error), again=False) from None

    def send(self, batch: Batch) -> int:
        summary = self._summary
        try:
            for one in batch.steps:
                values = [
                    summary.Summary.Value(tag=tag, simple_value=value)
                    for tag, value in one.tagged().items()
                ]
                self._add(one.step, one.time, values)
            for told in batch.told:
                self._add(told.step, told.time, [self._text(told)])
            self._writer.flush()
        except (OSError, ValueError) as error:  # a disk that is full
            why = printable(getattr(error, "strerror", "") or str(error))
            raise RefusedError(why, again=False) from None
        return 0

    def close(self, *, failed: bool) -> None:
        del failed
        try:
            self._writer.close()
        except (OSError, ValueError) as error:
            raise RefusedError(printable(str(error)), again=False) from None

    def _add(self, step: int, when: float, values: list[object]) -> None:
        made = self._summary.Summary(value=values)
        self._writer.add_event(self._event.Event(wall_time=when, step=step, summary=made))

    def _text(self, told: Told) -> object:
        """A string tensor of one element, which the text plugin shows as Markdown."""
        plugin = self._summary.SummaryMetadata.PluginData(plugin_name=TEXT)
        shape = self._shape.TensorShapeProto
        return self._summary.Summary.Value(
            tag=FINDINGS,
            metadata=self._summary.SummaryMetadata(plugin_data=plugin),
            tensor=self._tensor.TensorProto(
                dtype=self._types.DT_STRING,
                tensor_shape=shape(dim=[shape.Dim(size=1)]),
                string_val=[told.words.encode()],
            ),
        )
