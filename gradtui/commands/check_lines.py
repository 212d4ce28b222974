"""Reports of `check` as lines for people."""

import math
from collections.abc import Iterable, Iterator
from typing import Any

from gradtui.commands.output import Paint
from gradtui.commands.report import FAILED, Report
from gradtui.commands.verdict_lines import verdict_words
from gradtui.core.text import printable


class VerdictLines:
    """Reports as lines for people, aligned over all targets."""

    def __init__(self, color: Paint, names: Iterable[str], *, brief: bool) -> None:
        self._color = color
        self._wide = max(len(name) for name in names)
        self._brief = brief

    def report(self, report: Report) -> str:
        """One line, then the evidence; unless brief, causes and remedies as well."""
        if report.command_exit is not None or report.run is not None:
            return "\n".join([self._command(report), *self._evidence(report)])
        met = report.as_expected
        words = self._color("good" if met else "bad", f"{'ok' if met else 'NOT AS EXPECTED':<15}")
        name = f"{printable(report.target):<{self._wide}}"
        if report.verdict == FAILED:
            return f"{words}  {name}  failed: {printable(report.error or '')}"
        verdict = report.verdict if met else f"{report.verdict}, expected {report.expected}"
        line = f"{words}  {name}  {verdict}  ({report.steps} steps)"
        if report.remedy:
            line += f"  {self._color('faint', printable(report.remedy))}"
        if report.treatment:
            line += f"\n    {treatment_words(report.treatment)}"
        return "\n".join([line, *self._evidence(report)])

    def _command(self, report: Report) -> str:
        """Nothing was expected of somebody's own program: what happened comes first, in plain words:
        how it ended where that was not well, what its record lacks, and then the verdict."""
        look = "good" if report.as_expected and not report.ending else "bad"
        name = printable(report.target)
        steps = f"({report.steps:,} steps)"
        if report.logged is not None:
            steps = f"(to step {report.steps - 1:,})"
        verdict = verdict_words(report)
        if not report.ending:
            if report.verdict == FAILED:
                return f"{self._color(look, FAILED)}  {name}"
            return f"{self._color(look, verdict)}  {name}  {steps}"
        first, *more = report.ending
        head = f"failed: {first}" if report.command_exit or report.exception else first
        if report.verdict != FAILED:
            more.append(f"{verdict}  {steps}")
        return "\n    ".join([f"{self._color(look, head)}  {name}", *map(printable, more)])

    def _evidence(self, report: Report) -> Iterator[str]:
        for finding in report.findings[: 1 if self._brief else None]:
            yield f"    {finding['symptom']}: {printable(finding['evidence'])}"
            if self._brief:
                continue
            yield f"      why: {printable(finding['cause'])}"
            for remedy in finding["remedies"]:
                yield f"      try: {printable(remedy)}"
        for note in report.notes:
            yield f"    note: {printable(note)}"
        if report.error and not (report.ending and report.verdict != FAILED):
            yield f"    {printable(report.error)}"
        if report.run:
            how = "recorded" if report.logged is None else f"logged ({report.logged['format']})"
            yield f"    {how} in {printable(report.run)}"

    def summary(self, reports: list[Report]) -> str:
        met = sum(report.as_expected for report in reports)
        ok = met == len(reports)
        words = f"{met} of {len(reports)} as expected"
        return self._color("good" if ok else "bad", words)


def treatment_words(treatment: dict[str, Any]) -> str:
    """ "cured: accuracy 0.11 → 0.97; a step takes 1.02 times as long"."""
    words = f"{treatment['word']}: {treatment['reason']}"
    cost = treatment["cost"]
    return words if math.isnan(cost) else f"{words}; a step takes {cost:.2f} times as long"
