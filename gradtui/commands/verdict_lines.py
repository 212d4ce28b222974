"""What is said of a command when it is over: its end, what its record lacks, and then the verdict."""

from collections.abc import Iterator

from gradtui.commands.report import FAILED, Report
from gradtui.commands.targets import WELL
from gradtui.core.symptom import OPEN, Severity


def closing_lines(report: Report) -> Iterator[str]:
    """`run --headless`'s last lines, the most important first."""
    yield from report.ending
    where = "" if report.run is None else f"recorded in {report.run}"
    words = verdict_line(report)
    if not report.findings and not report.notes:
        yield f"{words}; {where}" if where else words
        return
    yield words
    for finding in report.findings[:1]:
        yield f"  why: {finding['cause']}"
        yield from (f"  try: {remedy}" for remedy in finding["remedies"][:1])
    for finding in report.findings[1:]:
        yield f"also {finding['symptom'].replace('_', ' ')}: {finding['evidence']}"
    yield from (f"note: {note}" for note in report.notes)
    if where:
        yield where


def verdict_line(report: Report) -> str:
    """ "healthy until step 412", "sick: plateau, 85 of 250 steps measured: the loss ..."."""
    if report.verdict == FAILED:
        return report.error or FAILED
    words = verdict_words(report)
    if report.findings:
        words += f": {report.findings[0]['evidence']}"
    return words


def verdict_words(report: Report) -> str:
    """The verdict, how bad it is, and what it covers."""
    words = (report.covered or report.verdict).replace("_", " ", report.verdict.count("_"))
    if report.verdict in OPEN:
        return f"{words}: {report.undecided_because}"
    if report.verdict in WELL:
        return words
    return f"{'warning' if report.severity == Severity.WARNING.word else 'sick'}: {words}"
