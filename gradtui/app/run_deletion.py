"""Which of the chosen runs may be deleted, and deleting them one after the other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gradtui.app.render.run_cells import file_size, short_name
from gradtui.app.run_row import RunRow
from gradtui.app.screens.removal import question
from gradtui.core.text import printable
from gradtui.runstore.ranks.process_status import may_be_running
from gradtui.runstore.writer.run_removal import NotRemovedError, RunIdentity, identify, remove_run


@dataclass(frozen=True, slots=True)
class Deletion:
    """`meant` as they were when it was asked about; `staying` are the others, each with why."""

    home: Path
    meant: tuple[tuple[RunRow, RunIdentity], ...]
    staying: tuple[str, ...]

    @property
    def question(self) -> str:
        size = file_size(sum(max(row.size, 0) for row, _ in self.meant))
        return question([printable(row.name) for row, _ in self.meant], size, self.staying)

    def carried_out(self) -> Iterator[tuple[RunRow, str]]:
        """Deletes one after the other: each with why it stays, empty where it is gone. It may take a
        while; what is not asked for any more stays."""
        for row, identity in self.meant:
            try:
                remove_run(self.home, identity, may_be_running)
            except NotRemovedError as error:
                yield row, f"{short_name(row.name)} stays: {error}."
            else:
                yield row, ""


def planned(home: Path, rows: Sequence[RunRow]) -> Deletion:
    """Of runs in `home` those that can be deleted, identified."""
    meant, staying = [], []
    for row in rows:
        try:
            if row.running:
                raise NotRemovedError("it is still running")
            meant.append((row, identify(home, row.name)))
        except NotRemovedError as error:
            staying.append(f"{short_name(row.name)}, as {error}")
    return Deletion(home, tuple(meant), tuple(staying))
