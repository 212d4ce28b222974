"""A watch of a program that trains already: hooks are put on, and taken off, in a moment of their own."""

import atexit
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gradtui.inject.program_failure import failure
from gradtui.monitor import Watch, place, program


class AttachedWatch(Watch):
    """Making it takes a tenth of a second of compiling, and touches nothing of the program."""

    def __init__(self, directory: Callable[[], Path], **wishes: Any) -> None:
        super().__init__(
            directory, look=False, failure=failure, attached=True, title=title(*place()), **wishes
        )
        # The run is of this process, whatever others it trains with.
        self._sink.place = lambda: (0, 1)

    def begin(self) -> int:
        """Watch from the next whole step on; as `Watcher.begin`."""
        return self._watcher.begin()

    @property
    def closed(self) -> bool:
        """Whether every hook is off."""
        return self._watcher.closed

    def take_off(self, reason: str) -> None:
        """Take every hook off. What was measured is written by `finish`."""
        self._watcher.close(reason)

    def finish(self) -> None:
        """Write what is left, for which the calling thread waits a moment."""
        self._sink.close()
        atexit.unregister(self.close)


def title(rank: int, world: int) -> str:
    """What the process runs, and which of several that train together it is."""
    return program() if world == 1 else f"{program()} (rank {rank} of {world})"
