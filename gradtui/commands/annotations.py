"""Findings as annotations of a GitHub job: workflow commands, a line each, on standard error.

The runner reads them there as well as on standard output, which belongs to the report alone.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gradtui.commands.report import FAILED, Report
from gradtui.core.symptom import Severity
from gradtui.core.text import printable

MOST = 10
"""Of one kind; GitHub shows no more of a step."""
LONGEST = 2000
"""Characters of a message."""
LAYERS = 3
"""That a title names."""
SOURCE = re.compile(r"(.+?):(\d+)\b")


def annotation_lines(report: Report, here: Path, top: Path) -> Iterator[str]:
    """Those of a report: what failed, then each finding, at the program's own line where that is known.

    `here` is the folder that the program ran in, `top` that of the repository.
    """
    if report.error is not None or report.verdict == FAILED:
        told = report.ending or [report.error or FAILED]
        yield line("error", f"gradtui: {FAILED}", "\n".join(map(printable, told)))
    place = place_of(report, here, top)
    for number, finding in enumerate(report.findings[:MOST]):
        leading = number == 0  # what fails the job
        bad = leading or finding["severity"] == Severity.CRITICAL.word
        where = place if finding["symptom"] == "nonfinite" else {}
        yield line("error" if bad else "warning", title(finding), message(finding), **where)


def title(finding: Mapping[str, Any]) -> str:
    """ "gradtui: vanishing gradient in a, b, c and 5 more since step 0"."""
    layers = finding["layers"]
    words = ", ".join(layers[:LAYERS])
    more = f" and {len(layers) - LAYERS} more" if len(layers) > LAYERS else ""
    where = f" in {words}{more}" if layers else ""
    symptom = finding["symptom"].replace("_", " ")
    return f"gradtui: {symptom}{where} since step {finding['first_step']:,}"


def message(finding: Mapping[str, Any]) -> str:
    """Evidence, cause and remedies, a line each."""
    lines = [finding["evidence"], f"why: {finding['cause']}"]
    lines += [f"try: {remedy}" for remedy in finding["remedies"]]
    return "\n".join(printable(one) for one in lines)


def place_of(report: Report, here: Path, top: Path) -> dict[str, str]:
    """`file`, relative to the repository, and `line` of what the first NaN was made in; empty where that
    is not known, or is no file of the repository."""
    found = (report.first_nonfinite or {}).get("autopsy") or {}
    told = SOURCE.match(str(found.get("source", "")))
    if told is None:
        return {}
    try:
        file, top = (here / told[1]).resolve(), top.resolve()
        if not (file.is_file() and file.is_relative_to(top)):
            return {}
    except (OSError, ValueError):
        return {}
    return {"file": file.relative_to(top).as_posix(), "line": told[2]}


def line(kind: str, title: str, message: str, **place: str) -> str:
    """One workflow command; whatever is in the words, it is one line and one command."""
    named = {**place, "title": printable(title)}
    properties = ",".join(f"{name}={escaped_property(value)}" for name, value in named.items())
    return f"::{kind} {properties}::{escaped(message[:LONGEST])}"


def escaped(text: str) -> str:
    """As GitHub's runner reads a message."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escaped_property(text: str) -> str:
    """As it reads a property."""
    return escaped(text).replace(":", "%3A").replace(",", "%2C")
