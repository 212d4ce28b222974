"""What a job on GitHub is told of a verdict: annotations, and a summary of its step."""

import os
import sys
from pathlib import Path

from gradtui.commands.annotations import annotation_lines
from gradtui.commands.output import warn
from gradtui.commands.report import Report
from gradtui.commands.stderr_lines import fresh_line
from gradtui.commands.step_summary import append_summary
from gradtui.core.errors import GradtuiError

IN_A_JOB, TOP, SUMMARY = "GITHUB_ACTIONS", "GITHUB_WORKSPACE", "GITHUB_STEP_SUMMARY"
"""Variables that GitHub sets for every step: "true", the folder of the repository, and the file that the
step's summary is appended to."""


def tell_job(report: Report, asked: bool | None) -> None:
    """Annotations on standard error, and the summary where there is a file for it: where that was `asked`
    for, and without a word (None) where this is a job. Standard output has the report alone."""
    if not (os.environ.get(IN_A_JOB) == "true" if asked is None else asked):
        return
    here = Path.cwd()
    lines = list(annotation_lines(report, here, Path(os.environ.get(TOP) or here)))
    if lines and sys.stderr is not None:
        fresh_line()
        # In a pipe nobody knows whether the program's last line is finished, and a command begins one.
        sys.stderr.write("\n" + "\n".join(lines) + "\n")
        sys.stderr.flush()
    file = os.environ.get(SUMMARY)
    if file:
        try:
            append_summary(Path(file), report)
        except GradtuiError as error:
            warn(str(error))
