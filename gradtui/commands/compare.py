"""Two recorded runs, or logs of other tools, at the same step, layer by layer.

examples:
  gradtui compare sick treated               at the last step that both have reached
  gradtui compare run-a run-b --step 500
  gradtui compare sick treated --json

A RUN is a name, a part that only one name has, part@last for the newest whose name has it, or the
path of a run or of a log.

The second is judged beside the first: cured, partly cured, no gain or worse, by a criterion
that is fixed beforehand (verdict gone and accuracy up by 5 points, or the loss down by 10 %).
Both are judged over the steps that both have taken. Different nets or tasks, or runs with too
few steps in common, get no such verdict; it is said why.

exit codes: 0 where the second is healthy, 3 sick, 4 non-finite.
"""

import argparse
import json
import shlex
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradtui.commands.check_lines import treatment_words
from gradtui.commands.completers import recorded
from gradtui.commands.output import Paint, paint, say
from gradtui.commands.recorded import given, named_run
from gradtui.commands.report import strict
from gradtui.commands.settings import Settings
from gradtui.commands.shell import offering
from gradtui.commands.targets import WELL
from gradtui.commands.values import step_number
from gradtui.core.text import printable

if TYPE_CHECKING:
    from gradtui.core.logged import Logged
    from gradtui.doctor.comparison import Comparison
    from gradtui.doctor.remedy_effect import RemedyEffect
    from gradtui.runstore.reader.runs import RunSummary

SETTINGS = ("color", "runs")
SCHEMA = 1
NAMED = 12
"""Layers that only one of them has, that are named."""
FAR = 3.0
"""Factor between two norms from which on the ratio is marked."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    one = parser.add_argument("one", metavar="RUN", help="name, part of it, part@last, or path")
    other = parser.add_argument("other", metavar="RUN", help="what is compared with it")
    for which in (one, other):
        offering(which, recorded)
    parser.add_argument("--step", type=step_number, metavar="N", help="at this step")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(args: argparse.Namespace, settings: Settings) -> int:
    from gradtui.runstore.files.reading import any_numbers

    with any_numbers():
        return _compare(args, settings)


def _compare(args: argparse.Namespace, settings: Settings) -> int:
    from gradtui.runstore.files.run_folders import runs_home

    home = runs_home(settings.runs)
    said = compared_by_name(given(args.one), given(args.other), home, args.step)
    if args.json:
        say(json.dumps(as_json(said)))
    else:
        for line in comparison_lines(said, paint(settings.color)):
            say(line)
    if said.nonfinite:
        return 4
    return 0 if said.verdicts[1] in WELL else 3


@dataclass(frozen=True, slots=True)
class ComparedRuns:
    """Two runs side by side; pairs are (one, other)."""

    ends: "list[RunSummary]"
    logs: "list[Logged | None]"
    """What is known of those that other tools have logged."""
    found: "Comparison"
    treatment: "RemedyEffect | None"
    """What the second is beside the first; None where they are not comparable, for `why_not`."""
    why_not: str
    verdicts: tuple[str, str]
    lasts: tuple[int, int]
    """Their last steps."""
    nonfinite: bool
    """Whether the second has met NaN or infinity."""


def compared_by_name(one: str, other: str, home: Path, step: int | None = None) -> ComparedRuns:
    """Two runs, or logs, as a person names them. Raises GradtuiError."""
    with ExitStack() as stack:
        runs = [stack.enter_context(named_run(word, home)) for word in (one, other)]
        said = compared_runs(runs[0].directory, runs[1].directory, step)
    # Of a log a run was made in passing: it is called by its own path.
    named = [
        replace(end, name=run.path.name, path=str(run.path))
        for end, run in zip(said.ends, runs, strict=True)
    ]
    return replace(said, ends=named)


def compared_runs(one: Path, other: Path, step: int | None = None) -> ComparedRuns:
    """Two run directories at a step, or at the last that both have reached. Raises GradtuiError."""
    from gradtui.doctor.comparison import compared, not_comparable
    from gradtui.doctor.diagnose import diagnose
    from gradtui.doctor.remedy_effect import judge_treatment
    from gradtui.runstore.reader.load import load_facts
    from gradtui.runstore.reader.runs import summary

    first, second = (load_facts(path) for path in (one, other))
    found = compared(first, second, step)
    why_not = not_comparable(first, second)
    verdicts = (diagnose(first).verdict, diagnose(second).verdict)
    return ComparedRuns(
        [summary(path) for path in (one, other)],
        [first.info.logged, second.info.logged],
        found,
        None if why_not else judge_treatment(first, second),
        why_not,
        verdicts,
        (int(first.steps[-1]), int(second.steps[-1])),
        verdicts[1] == "nonfinite" or second.first_nonfinite is not None,
    )


def as_json(said: ComparedRuns) -> dict[str, Any]:
    """What --json prints."""
    ends, found, treatment = said.ends, said.found, said.treatment
    whole: dict[str, Any] = strict(
        {
            "schema": SCHEMA,
            "runs": [end.path for end in ends],
            "verdicts": said.verdicts,
            "endings": [end.ending for end in ends],
            "whole": [not end.short for end in ends],
            "steps": found.steps,
            "last_steps": said.lasts,
            "loss": found.loss,
            "total_norm": found.total_norm,
            "parted": found.parted,
            "layers": [{**asdict(pair), "ratio": pair.ratio} for pair in found.layers],
            "only": found.only,
            "treatment": None if treatment is None else asdict(treatment),
            "not_comparable": said.why_not or None,
        }
    )
    return whole


def comparison_lines(said: ComparedRuns, color: Paint) -> list[str]:
    """What is printed."""
    found, treatment, verdicts, lasts = said.found, said.treatment, said.verdicts, said.lasts
    out = []
    each = zip(("one", "other"), said.ends, verdicts, lasts, said.logs, strict=True)
    for word, end, verdict, last, log in each:
        good = verdict in WELL
        words = verdict.replace("_", " ") + (f" until {last:,}" if end.short else "")
        shown = color("good" if good else "bad", f"{words:<20}")
        name = printable(end.name)
        how = (
            color("bad", f"{printable('; '.join((end.ending, *end.lost)))}  ") if end.short else ""
        )
        command = printable(shlex.join(end.command))
        if log is not None:
            command = f"{printable(log.format)}: {log.covers}"
        out.append(f"{word:<6} {shown}  {end.steps:>9,} steps  {how}{name}  {command}")
    wide = max([len("total norm"), *(len(printable(pair.name)) for pair in found.layers)])
    out += ["", f"{'':<{wide}}  {'one':>11}  {'other':>11}  {'other / one':>12}"]
    out.append(f"{'step':<{wide}}  {found.steps[0]:>11,}  {found.steps[1]:>11,}")
    for name, (a, b) in (("loss", found.loss), ("total norm", found.total_norm)):
        out.append(_row(name, a, b, wide, color))
    out += [_row(printable(p.name), p.one, p.other, wide, color) for p in found.layers]
    for word, names in zip(("one", "other"), found.only, strict=True):
        if names:
            more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
            out.append(f"only in {word}: {printable(', '.join(names[:NAMED]))}{more}")
    out += ["", f"the losses {_parted(found, lasts)}"]
    if treatment is None:
        out.append(f"not comparable: {printable(said.why_not)}")
    else:
        out.append(
            printable(treatment_words(asdict(treatment))) + _over(treatment, verdicts, lasts)
        )
    return out


def _parted(found: "Comparison", lasts: tuple[int, int]) -> str:
    if found.parted is not None:
        return f"differ from step {found.parted:,} on"
    if lasts[0] == lasts[1]:
        return "never differ"
    return f"do not differ up to step {min(lasts):,}, where the shorter one ends"


def _over(treatment: "RemedyEffect", verdicts: tuple[str, str], lasts: tuple[int, int]) -> str:
    """What the words on a treatment are about, where that is not all of both runs."""
    if lasts[0] == lasts[1]:
        return ""
    words = f"; both over the {min(lasts) + 1:,} steps that both have taken"
    changed = [
        v for v, w in zip((treatment.before, treatment.after), verdicts, strict=True) if v != w
    ]
    return words + f" (there {changed[0].replace('_', ' ')})" if changed else words


def _row(name: str, one: float, other: float, wide: int, color: Paint) -> str:
    ratio = other / one if one > 0 else float("nan")
    far = not 1 / FAR <= ratio <= FAR
    mark = "  far apart" if far and ratio == ratio else ""
    line = f"{name:<{wide}}  {one:>11.3g}  {other:>11.3g}  {ratio:>12.3g}"
    return line + color("faint", mark)
