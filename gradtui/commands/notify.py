"""`--notify`: a command of the shell that is run when a run turns out critically ill, and at its end."""

import os
import subprocess
from contextlib import suppress
from pathlib import Path

from gradtui.commands.report import Report
from gradtui.core.confirmation import Confirmation
from gradtui.core.secrets import masked
from gradtui.core.symptom import Severity
from gradtui.core.text import printable

LOG = "notify.log"
"""In the run directory: what such a command has printed."""
PREFIX = "GRADTUI_NOTIFY_"
"""What it is told is in variables of these names: nothing is put into its text."""
PATIENCE = 10.0
"""Seconds that are waited for one of them at the end; after that it goes on by itself."""
LONGEST = 1000
"""Characters of one variable."""
HELP = "run CMD by the shell for the first critical finding, and at the end"


class Notifier:
    """Runs `command`, where there is one: once for the first critical finding, and once at the end. It runs
    beside everything else; what goes wrong is told by `complaint`."""

    def __init__(self, command: str | None, directory: Path, program: list[str]) -> None:
        self._command, self._directory = command, directory
        self._program = " ".join(masked(program))
        self._confirmation = Confirmation()
        self._started: list[subprocess.Popen[bytes]] = []
        self._told = command is None
        self._trouble = ""

    @property
    def awaits(self) -> bool:
        """Whether findings are still to be told."""
        return not self._told

    def see(self, report: Report) -> None:
        """A look at the run, while it goes on."""
        if self._told:
            return
        if report.severity != Severity.CRITICAL.word or not report.findings:
            self._confirmation.passed()
        elif self._confirmation.counts(report.verdict, report.steps):
            first = report.findings[0]
            self.found(report.verdict, int(first["first_step"]), first["evidence"])

    def found(self, verdict: str, step: int, evidence: str) -> None:
        """A critical finding that counts."""
        if not self._told:
            self._told = True
            self._run("finding", verdict, Severity.CRITICAL.word, step, evidence)

    def ended(self, report: Report, code: int) -> None:
        """The command is over, with this exit code. Waits a little for what was started, the finding's
        before the end's: they are to arrive in their order."""
        if self._command is None:
            return
        before = len(self._started)
        self._wait(0)
        evidence = report.findings[0]["evidence"] if report.findings else ""
        severity = report.severity or Severity.OK.word
        self._run("end", report.verdict, severity, report.steps - 1, evidence, code)
        self._wait(before)

    def _wait(self, since: int) -> None:
        """For those that were started from that one on."""
        for child in self._started[since:]:
            with suppress(subprocess.TimeoutExpired):
                if (failed := child.wait(PATIENCE)) and not self._trouble:
                    self._trouble = f"exit code {failed}"

    @property
    def complaint(self) -> str:
        """Why the command was not run, or how it failed; "" where all is well."""
        if not self._trouble:
            return ""
        return f"--notify: {self._trouble}; what it printed is in {self._directory / LOG}"

    def _run(
        self,
        event: str,
        verdict: str,
        severity: str,
        step: int,
        evidence: str,
        code: int | None = None,
    ) -> None:
        told = {
            "EVENT": event,
            "VERDICT": verdict,
            "SEVERITY": severity,
            "STEP": str(max(step, 0)),
            "EVIDENCE": printable(evidence)[:LONGEST],
            "RUN": str(self._directory),
            "COMMAND": printable(self._program)[:LONGEST],
            "EXIT_CODE": "" if code is None else str(code),
        }
        from gradtui.runstore.files.disk import open_private

        variables = dict(os.environ) | {PREFIX + name: value for name, value in told.items()}
        try:
            log = open_private(self._directory / LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            try:
                self._started.append(
                    subprocess.Popen(  # noqa: S603 - what the person asked to run
                        ["/bin/sh", "-c", str(self._command)],
                        stdin=subprocess.DEVNULL,
                        stdout=log,
                        stderr=log,
                        env=variables,
                        start_new_session=True,
                    )
                )
            finally:
                os.close(log)
        except OSError as error:
            self._trouble = error.strerror or str(error)
