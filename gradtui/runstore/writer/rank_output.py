"""The files that one rank writes: claimed, described, opened, and given up where they are gone."""

from contextlib import suppress
from pathlib import Path

from gradtui.core.errors import GradtuiError
from gradtui.runstore.files.disk import RecordFile
from gradtui.runstore.files.run_folders import make_private
from gradtui.runstore.format.file_names import header_name, steps_name
from gradtui.runstore.format.records import STEP
from gradtui.runstore.format.run_header import Generation, Header
from gradtui.runstore.format.run_json import read_header, write_header
from gradtui.runstore.writer.detail_files import DetailFiles

OPEN_GENERATIONS = 8
ATTEMPTS = 10_000
MOST_RESTARTS = 5_000
"""From which on attempts are no longer called as the launcher counts."""


class RankOutput:
    """Opens files when they are first needed, and again where they were given up. Two processes
    that say they are the same rank never share a file: the later one is the next attempt, counted from
    the restarts of its launcher on."""

    def __init__(self, directory: Path, header: Header, budget: int) -> None:
        """`budget`: bytes of per-tensor records."""
        self.directory = directory
        self.header = header
        self._budget = budget
        self._steps: RecordFile | None = None
        self._details: list[DetailFiles] = []
        self._claimed = self._stale = False

    @property
    def is_open(self) -> bool:
        return self._steps is not None

    @property
    def details(self) -> DetailFiles | None:
        """The per-tensor files of the present generation, once they are open."""
        return self._details[-1] if self._details else None

    def add(self, generation: Generation) -> None:
        """A layout for the steps from now on."""
        self.header.generations.append(generation)
        self.header.device = generation.info.device
        self._stale = True

    def replace(self, generation: Generation) -> None:
        """More is known of the present generation, whose files go on."""
        self.header.generations[-1] = generation
        self.header.device = generation.info.device
        self._stale = True

    def open(self) -> RecordFile:
        """The steps file, and every file of the present generation beside it. Raises OSError."""
        if self._steps is None:
            if not self._claimed:
                make_private(self.directory)
            self._steps = self._claim()
            self._stale = True
        if self._stale:
            write_header(self.directory, self.header)
            self._stale = False
        number = len(self.header.generations)
        if len(self._details) < number:
            self._make_details(number)
        return self._steps

    def beat(self) -> None:
        """Show that this process is alive. Raises OSError, where the directory is gone as well."""
        steps = self.open()
        if steps.gone:
            self.close()
            raise FileNotFoundError(2, "the run directory is gone")
        steps.touch()

    def count(self, taken: int, measured: int) -> None:
        """How many steps there are in the end, and of how many there are all norms. Raises OSError."""
        self.header.steps_taken, self.header.steps_measured = taken, measured
        if self.is_open:
            write_header(self.directory, self.header)

    def close(self) -> None:
        if self._steps is not None:
            self._steps.close()
        for details in self._details:
            details.close()
        # Begun anew if the directory comes back: what was in the files may have gone with it.
        self._steps, self._details = None, []

    def _claim(self) -> RecordFile:
        """The steps file of this rank; of the next attempt where another process has it."""
        header = self.header
        if self._claimed:
            return RecordFile(self.directory / steps_name(header.label), STEP.itemsize)
        self._inherit()
        for attempt in range(min(header.restart, MOST_RESTARTS), ATTEMPTS):
            header.attempt = attempt
            with suppress(FileExistsError):
                path = self.directory / steps_name(header.label)
                file = RecordFile(path, STEP.itemsize, claim=True)
                self._claimed = True
                return file
        raise OSError("every attempt is taken")

    def _inherit(self) -> None:
        """Take over what the program that started the command has written."""
        with suppress(GradtuiError):
            launched = read_header(self.directory / header_name("0"))
            self.header.command = self.header.command or launched.command
            self.header.launcher = self.header.launcher or launched.launcher

    def _make_details(self, number: int) -> None:
        each = self._budget // number
        for old in self._details[-OPEN_GENERATIONS:]:
            old.shrink(each)
        for old in self._details[:-OPEN_GENERATIONS]:
            old.close()
        label = self.header.label
        for index in range(len(self._details), number):
            generation = self.header.generations[index]
            sparse = self.header.rank > 0 and generation.info.synchronised
            layout = generation.layout
            self._details.append(
                DetailFiles(self.directory, label, index, layout, each, sparse=sparse)
            )
