"""What every tool is sent values by."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from gradtui.commands.forward.address import Address
from gradtui.commands.forward.records import Batch, RunAbout

LONGEST = 160
"""Characters of what a library says."""


class RefusedError(Exception):
    """A batch was not taken; why, in a clause. `again`: it may be taken later. Where only some of it was not
    that is `left`, and of the rest `lost` points were taken of which nothing came."""

    def __init__(self, why: str, *, again: bool, left: Batch | None = None, lost: int = 0) -> None:
        super().__init__(why)
        self.again, self.left, self.lost = again, left, lost


def clause(error: Exception) -> str:
    """What a library's error says, its first line, not too long."""
    line = str(error).strip().partition("\n")[0] or type(error).__name__
    return line if len(line) <= LONGEST else line[:LONGEST].rstrip() + "..."


class Channel(Protocol):
    """An open way to one tool, used by one thread. It may take its time, and be given up in the middle."""

    def send(self, batch: Batch) -> int:
        """Hand a batch over; how many of its points were taken of which nothing came. Raises RefusedError."""
        ...

    def close(self, *, failed: bool) -> None:
        """Nothing more comes; `failed`: the run did. Raises RefusedError."""
        ...

    @property
    def limits(self) -> tuple[str, ...]:
        """What is not sent there at all, sentences."""
        ...


@dataclass(frozen=True)
class Kind:
    """One tool."""

    most: int
    """Points of a batch: what is sent within some seconds costs next to nothing."""
    load: Callable[[], Callable[[Address, RunAbout], Channel]]
    """Gives what opens a channel; only then are modules imported."""
