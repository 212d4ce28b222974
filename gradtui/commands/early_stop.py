"""`--stop-on`: a command is asked to end when its run has gone bad."""

import time
from collections.abc import Callable
from pathlib import Path

from gradtui.commands.program import PATIENCE
from gradtui.commands.report import Report
from gradtui.core.control import Stop
from gradtui.core.errors import GradtuiError

NONFINITE, SICK = "nonfinite", "sick"
WAYS = (NONFINITE, SICK)
CODES = {NONFINITE: (4,), SICK: (3, 4)}
"""Exit codes of the verdicts that a command is ended for."""
PAUSE = 2.0
"""Seconds between two looks at a run, at least."""
SHARE = 20
"""How many times as long as the last look took the pause is: a long record takes longer to read."""


class EarlyStop:
    """A `glance` of `waited`. A run that has gone bad is asked to end between two steps, as by Ctrl+C,
    so that it can save; where it does not, False is said after a while.

    It has gone bad where two looks one after the other, with further steps between them, come to the
    same verdict: one that passes ends nothing. A NaN stays."""

    def __init__(
        self,
        directory: Path,
        command: list[str],
        way: str | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._directory, self._command, self._way, self._clock = directory, command, way, clock
        self._due = clock() + PAUSE
        self._before: tuple[str, int] | None = None
        self.stopped = ""
        """Why the command was asked to end: "stopped at step 4,012, as ..."; "" where it was not."""

    def __call__(self) -> bool:
        if self.stopped:
            return self._clock() < self._due
        if self._way is None or self._clock() < self._due:
            return True
        began = self._clock()
        report = self._look()
        self._due = self._clock() + max(PAUSE, SHARE * (self._clock() - began))
        if report is None or report.exit_code not in CODES[self._way]:
            self._before = None
            return True
        now, before = (report.verdict, report.steps), self._before
        if report.exit_code == 4 or (
            before is not None and before[0] == now[0] and before[1] < now[1]
        ):
            step = f"at step {report.steps - 1:,}"
            self.stopped = f"stopped {step}, as --stop-on {self._way} asks: {report.verdict}"
            self._ask()
            self._due = self._clock() + PATIENCE
        self._before = now
        return True

    def _ask(self) -> None:
        from gradtui.runstore.writer.control_file import send_control

        send_control(self._directory, Stop())

    def _look(self) -> Report | None:
        from gradtui.commands.command_verdict import judged
        from gradtui.commands.progress import steps_taken

        try:
            if not steps_taken(self._directory):
                return None
            report = judged(self._directory, self._command)
        except GradtuiError:
            return None
        return None if report.error is not None else report
