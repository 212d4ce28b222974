"""A replay's own time: played, held, stepped and sought in. There is no other step than the one
that has been reached, so looking back is going back."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Literal, Protocol, runtime_checkable

import numpy as np

from gradtui.app.alarm import first_alarm
from gradtui.app.optimizer_merge import OptimizerMerge
from gradtui.core.control import Control, Pause, Resume, StepOnce
from gradtui.core.errors import GradtuiError
from gradtui.core.facts import Facts
from gradtui.core.layout import FloatArray

SPEEDS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
LEAPS = 20
"""Pages into which a recording is divided."""


@runtime_checkable
class Player(Protocol):
    """A source that can be sought in."""

    @property
    def position(self) -> int: ...

    @property
    def last_step(self) -> int: ...

    @property
    def last_taken(self) -> int: ...

    def send(self, control: Control) -> str: ...

    def seek(self, step: int) -> None: ...

    def set_speed(self, speed: float) -> None: ...


class Playback:
    """What the keys of a replay do to its player."""

    def __init__(
        self,
        player: Player,
        *,
        speed: float = 1.0,
        at: int | Literal["alarm"] | None = None,
        whole: Callable[[], Facts] | None = None,
    ) -> None:
        self._player = player
        self._speed = speed
        self._at = at
        self._whole = whole
        self._course: Facts | None = None
        self._alarm: int | None = None
        self._searched = False
        self._aim: int | None = None
        self._at_least = -1
        self.paused = False

    @property
    def position(self) -> int:
        """The step reached, or the one that is being gone to."""
        return self._player.position if self._aim is None else self._aim

    @property
    def seeking(self) -> bool:
        """Whether it is on its way to a step."""
        return self._aim is not None

    @property
    def last_step(self) -> int:
        return self._player.last_step

    @property
    def last_taken(self) -> int:
        """The run's last step, whether it can be gone to or not."""
        return self._player.last_taken

    @property
    def speed(self) -> str:
        """ "10 x"."""
        return f"{self._speed:g} x"

    def begin(self) -> bool:
        """Go to where the replay was asked to begin; False where there is no such place."""
        if self._at == "alarm":
            return self.to_alarm() is not None
        if self._at is not None:
            self.seek(self._at)
        return True

    def arrived(self) -> None:
        """What was asked of the player has come. Not every step is played: an alarm is gone to
        with the first one that is not before it."""
        self._aim = None
        if self._player.position < self._at_least:
            self._player.send(StepOnce())
        self._at_least = -1

    def toggle(self) -> None:
        """Play or hold; from the end on it plays from the beginning."""
        if self.position >= self.last_step:
            self.seek(-1)
        self.paused = not self.paused
        self._player.send(Pause() if self.paused else Resume())

    def seek(self, step: int) -> None:
        """Hold at a step. The player forgets that it is held when it goes back, so it is told
        afterwards."""
        self._player.send(Resume())
        self._aim = min(max(step, -1), self.last_step)
        self._player.seek(self._aim)
        self._player.send(Pause())
        self.paused = True

    def step(self) -> None:
        """One recorded step on, held there."""
        self._player.send(StepOnce())
        self.paused = True

    def leap(self, by: int) -> None:
        """Pages forward, or back."""
        self.seek(max(self.position + by * max(self.last_step // LEAPS, 1), 0))

    def change_speed(self, by: int) -> None:
        """The next of the speeds, from wherever it is now."""
        faster = [speed for speed in SPEEDS if speed > self._speed]
        slower = [speed for speed in SPEEDS if speed < self._speed]
        if by > 0 and faster:
            self._speed = faster[0]
        elif by < 0 and slower:
            self._speed = slower[-1]
        self._player.set_speed(self._speed)

    def course(self) -> Facts | None:
        """Scalars and total norm of the whole recording, as the charts show them; None where that cannot
        be read (any more)."""
        if self._course is None and self._whole is not None:
            with suppress(GradtuiError, OSError):
                facts = OptimizerMerge().fill(self._whole())
                # The rest is large, and nobody asks for it.
                none: FloatArray = np.empty((len(facts), 0, 0))
                self._course = replace(facts, grads=none, weights=none, activations=none)
        return self._course

    def to_alarm(self) -> int | None:
        """Go to the first alarm; its step, None where there was none."""
        if not self._searched and self._whole is not None:
            self._alarm, self._searched = first_alarm(self._whole()), True
        if self._alarm is not None:
            self.seek(self._alarm)
            self._at_least = self._alarm
        return self._alarm
