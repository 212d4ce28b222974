"""A verdict in Markdown, for the summary of a GitHub job."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gradtui.commands.report import FAILED, Report
from gradtui.commands.verdict_lines import verdict_words
from gradtui.core.errors import GradtuiError
from gradtui.core.text import printable

LARGEST = 200_000
"""Characters; GitHub takes 1 MiB of a step."""
FINDINGS, LAYERS = 20, 12
"""That are told of."""
MARKS = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|~:@&$=^])")
"""What can mean anything in Markdown, in HTML or to GitHub."""


def summary(report: Report) -> str:
    """The verdict, findings with their code, and notes. Without code where it would be too long."""
    whole = "\n".join(_lines(report, code=True))
    return whole if len(whole) <= LARGEST else "\n".join(_lines(report, code=False))[:LARGEST]


def append_summary(path: Path, report: Report) -> None:
    """Raises GradtuiError where it cannot be written."""
    try:
        with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(summary(report))
    except OSError as error:
        why = error.strerror or str(error)
        raise GradtuiError(
            f"no summary could be written to {printable(str(path))}: {why}"
        ) from None


def _lines(report: Report, *, code: bool) -> Iterator[str]:
    failed = report.verdict == FAILED
    words = [FAILED] if failed or report.error else []
    words += [] if failed else [verdict_words(report)]
    yield f"### gradtui: {plain(', '.join(words))}\n"
    yield f"{span(report.target)}, {report.steps:,} steps\n"
    why = [report.error] if report.error and (failed or not report.ending) else []
    told = [*report.ending, *why]
    yield from (f"- {plain(sentence)}" for sentence in told)
    if told:
        yield ""
    if report.findings:
        yield from _table(report.findings[:FINDINGS])
    for finding in report.findings[:FINDINGS]:
        yield from _finding(finding, code=code)
    if len(report.findings) > FINDINGS:
        yield f"{len(report.findings) - FINDINGS} more findings are in the report.\n"
    yield from (f"- note: {plain(note)}" for note in report.notes)
    yield ""


def _table(findings: list[dict[str, Any]]) -> Iterator[str]:
    yield "| finding | since step | layers | evidence |"
    yield "|---|---:|---|---|"
    for one in findings:
        layers = ", ".join(map(span, one["layers"][:LAYERS])).replace("|", "\\|")
        more = len(one["layers"]) - LAYERS
        layers += f" and {more} more" if more > 0 else ""
        symptom = plain(one["symptom"].replace("_", " "))
        yield f"| {symptom} | {one['first_step']:,} | {layers} | {plain(one['evidence'])} |"
    yield ""


def _finding(finding: dict[str, Any], *, code: bool) -> Iterator[str]:
    yield f"**{plain(finding['symptom'].replace('_', ' '))}**: {plain(finding['cause'])}\n"
    yield from (f"- {plain(remedy)}" for remedy in finding["remedies"])
    yield ""
    parts = [(one, part) for one in finding["prescriptions"] for part in one["parts"]]
    if not (code and parts):
        return
    yield "<details><summary>as code</summary>\n"
    for one, part in parts:
        look = "" if one["changes"] else " (only looks)"
        yield f"{plain(one['remedy'])}: {plain(part['place'])}{look}\n"
        fence = _fence(part["code"], 3)
        yield f"{fence}python\n{part['code']}\n{fence}\n"
    yield "</details>\n"


def plain(text: str) -> str:
    """Words as Markdown that means nothing but them, on one line."""
    return MARKS.sub(r"\\\1", printable(text))


def span(text: str) -> str:
    """The same as code."""
    words = printable(text)
    fence = _fence(words, 1)
    pad = " " if "`" in words or not words.strip() else ""
    return f"{fence}{pad}{words}{pad}{fence}"


def _fence(text: str, least: int) -> str:
    """More backticks in a row than there are in the text."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    return "`" * max(least, longest + 1)
