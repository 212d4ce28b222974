"""Whatever goes wrong on our side stays on our side, as one line in a log."""

from collections.abc import Callable
from types import TracebackType

import torch

from gradtui.instrument.cost_meter import CostMeter
from gradtui.patching.own_errors import is_ours
from gradtui.patching.torch_modes import Unseen
from gradtui.patching.tracebacks import without_ours

Log = Callable[[str], None]

MOST = 5
"""Lines that one place may write: a failure at every step is not news."""


class ExceptionGuard:
    """Runs our own code inside somebody else's program; the meter adds up the time that it takes."""

    def __init__(self, log: Log, meter: CostMeter) -> None:
        self.meter = meter
        self._log = log
        self._said: dict[str, int] = {}

    def __call__(self, doing: str) -> "GuardedBlock":
        """No exception of ours leaves this block, no graph is built in it, no mode of the program sees it."""
        return GuardedBlock(self, doing)

    def failed(self, doing: str, error: Exception) -> None:
        """An error of ours, in what was being done: a line in the log."""
        self.say(f"{doing}: {type(error).__name__}: {str(error)[:200]}", key=doing)

    def say(self, text: str, key: str = "", most: int = MOST) -> None:
        """One line in the log; at most `most` for each key."""
        count = self._said[key] = self._said.get(key, 0) + 1
        if count <= most:
            try:
                self._log(text.replace("\n", " "))
            except Exception:
                self._said[key] = MOST


class GuardedBlock:
    """A class and no generator: it is entered several times a step."""

    __slots__ = ("_doing", "_grad", "_guard", "_meter", "_unseen")

    def __init__(self, guard: ExceptionGuard, doing: str) -> None:
        self._guard, self._doing, self._meter = guard, doing, guard.meter

    def __enter__(self) -> None:
        self._meter.enter()
        self._unseen = Unseen()
        self._unseen.__enter__()
        self._grad = torch.is_grad_enabled()
        try:
            torch._C._set_grad_enabled(False)
        except BaseException:  # of a signal: nobody would leave what was not entered
            torch._C._set_grad_enabled(self._grad)
            self._unseen.__exit__()
            self._meter.leave()
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        torch._C._set_grad_enabled(self._grad)
        self._unseen.__exit__()
        ours = is_ours(error)
        if is_ours(error):
            self._guard.failed(self._doing, error)
        elif error is not None:
            without_ours(error)
        self._meter.leave()
        return ours
