"""`--stop-on`: a command is asked to end when its run has gone bad; and `--notify` is told of it."""

import time
from collections.abc import Callable
from pathlib import Path

from gradtui.commands.notify import Notifier
from gradtui.commands.program import PATIENCE
from gradtui.commands.report import Report
from gradtui.core.confirmation import NONFINITE, SICK, Confirmation
from gradtui.core.control import Stop
from gradtui.core.errors import GradtuiError

CODES = {NONFINITE: (4,), SICK: (3, 4)}
"""Exit codes of the verdicts that a command is ended for."""
PAUSE = 2.0
"""Seconds between two looks at a run, at least."""
SHARE = 20
"""How many times as long as the last look took the pause is: a long record takes longer to read."""


class EarlyStop:
    """A `glance` of `waited`. A run that has gone bad, as `Confirmation` has it, is asked to end between
    two steps, as by Ctrl+C, so that it can save; where it does not, False is said after a while."""

    def __init__(
        self,
        directory: Path,
        command: list[str],
        way: str | None,
        clock: Callable[[], float] = time.monotonic,
        notifier: Notifier | None = None,
    ) -> None:
        """`notifier` is told of each look; without a `way` there are looks for it alone."""
        self._notifier = notifier
        self._confirmation = Confirmation()
        self._directory, self._command, self._way, self._clock = directory, command, way, clock
        self._due = clock() + PAUSE
        self.stopped = ""
        """Why the command was asked to end: "stopped at step 4,012, as ..."; "" where it was not."""

    def __call__(self) -> bool:
        if self.stopped:
            return self._clock() < self._due
        awaited = self._notifier is not None and self._notifier.awaits
        if (self._way is None and not awaited) or self._clock() < self._due:
            return True
        began = self._clock()
        report = self._look()
        self._due = self._clock() + max(PAUSE, SHARE * (self._clock() - began))
        if report is not None and self._notifier is not None:
            self._notifier.see(report)
        if report is None or self._way is None or report.exit_code not in CODES[self._way]:
            self._confirmation.passed()
        elif self._confirmation.counts(report.verdict, report.steps):
            step = f"at step {report.steps - 1:,}"
            self.stopped = f"stopped {step}, as --stop-on {self._way} asks: {report.verdict}"
            self._ask()
            self._due = self._clock() + PATIENCE
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
