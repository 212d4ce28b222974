"""Print a verdict on scenarios or a command, trained without a screen, or on what was recorded.

examples:
  gradtui check deep_sigmoid              exit code 3: it is sick
  gradtui check deep_sigmoid+1            the same run under its first remedy
  gradtui check deep_sigmoid --remedies   the run and every remedy
  gradtui check deep_sigmoid --treat      and whether each helped: cured, partly, no gain, worse
  gradtui check ./mine.toml --steps 50    a file, and not for long
  gradtui check --all --json              everything, one JSON object a line
  gradtui check -- python train.py        your own training, for a CI job
  gradtui check --html page.html -- python train.py    and a page to keep with the job
  gradtui check --steps 500 --json -- torchrun --nproc-per-node 2 train.py
  gradtui check train@last                a run that was recorded
  gradtui check logs/exp1                 the log of another tool: TensorBoard event files,
                                          trainer_state.json, Lightning's metrics.csv

Each target is printed as it ends; with --treat those of a scenario, which are trained side by side
from one seed, together. A run that must be sick and is sick is as expected. A command
writes to standard error here, so that standard output holds the report alone; with --steps it is
ended once it has taken as many, with --stop-on once its run is not finite, or sick. It is
recorded as with gradtui run, and sent to other tools with --to as there. With --html a page is
written at its end, whatever the verdict: one file that needs no network. In a job on GitHub, and
with --annotations, findings on a command, a run or a log are workflow commands on standard error as
well, at the program's own line where that is known, and the verdict is appended to the file that
GITHUB_STEP_SUMMARY names.

What a word names is a scenario where there is one of that name, else a run, else a file or
folder. Of a log only that is judged which it holds, and what it does not is said.

exit codes for what is named: the worst verdict of all: 0 healthy, 3 sick, 4 non-finite, and 1
where a run could not be made. For --all: 0 when every target is as expected, 1 where one could not
be run, else 3. With --treat: the worst of those that no remedy cures. For a command: 1 where it
fails or nothing of it was seen, 128+n after signal n, else by its verdict; 1 in place of 0 where
the page could not be written.
"""

import argparse
import json
import os
from collections.abc import Iterable
from contextlib import closing
from itertools import chain
from pathlib import Path

from gradtui.commands.check_lines import VerdictLines
from gradtui.commands.check_scenarios import Judge, reports_on
from gradtui.commands.completers import scenarios_and_recorded
from gradtui.commands.forward.address import add_to, refuse_unsendable
from gradtui.commands.github_job import tell_job
from gradtui.commands.notify import HELP
from gradtui.commands.output import paint, say
from gradtui.commands.output_file import refuse_unwritable
from gradtui.commands.page_file import HELP as HTML_HELP
from gradtui.commands.page_file import UNWRITTEN
from gradtui.commands.recorded import given, is_one, named_run
from gradtui.commands.report import CURED, FAILED, SCHEMA, Report
from gradtui.commands.settings import Settings
from gradtui.commands.shell import offering
from gradtui.commands.targets import Target, all_targets, named_targets
from gradtui.commands.training_extra import require_torch
from gradtui.commands.values import count
from gradtui.core.confirmation import WAYS
from gradtui.core.errors import UsageError
from gradtui.core.text import printable
from gradtui.lab.scenario.catalogue import Catalogue, read_catalogue

SETTINGS = ("device", "seed", "color", "scenarios", "runs", "overhead", "autopsy", "catch_nan")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    offering(
        parser.add_argument(
            "scenario",
            nargs="*",
            metavar="SCENARIO|RUN|LOG",
            help="name, name+N or file; a run as for replay; a log's path",
        ),
        scenarios_and_recorded,
    )
    parser.add_argument("--all", action="store_true", help="every scenario and every remedy")
    parser.add_argument("--remedies", action="store_true", help="each scenario's remedies as well")
    parser.add_argument(
        "--treat", action="store_true", help="every remedy, judged beside the untreated run"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--steps", type=count, metavar="N", help="instead of the scenario's own")
    parser.add_argument(
        "--stop-on", choices=WAYS, help="end the command once its run is not finite, or sick"
    )
    parser.add_argument("--notify", metavar="CMD", help=HELP)
    parser.add_argument("--html", type=Path, metavar="FILE", help=f"of a command: {HTML_HELP}")
    parser.add_argument(
        "--annotations",
        action=argparse.BooleanOptionalAction,
        help="for GitHub, and a summary of the step (default: where GITHUB_ACTIONS is true)",
    )
    add_to(parser)
    parser.add_argument(
        "--jobs", type=count, metavar="N", help="runs at a time (default: as many as cores)"
    )


def run(args: argparse.Namespace, settings: Settings) -> int:
    command = getattr(args, "command", None)
    if command is not None:
        return _command(args, command, settings)
    if args.stop_on:
        raise UsageError("--stop-on is for a command: gradtui check --stop-on sick -- CMD.")
    if args.notify is not None:
        raise UsageError(
            "--notify is for a command: gradtui check --notify CMD -- python train.py."
        )
    if args.to:
        raise UsageError("--to is for a command: gradtui check --to otlp=URL -- python train.py.")
    if args.html is not None:
        raise UsageError(
            "--html is for a command; of a scenario: gradtui export SCENARIO --format html -o FILE."
        )
    if args.all == bool(args.scenario):
        raise UsageError(
            "name the scenarios to check, or --all ('gradtui list' names them), a run, a log, "
            "or a command after --."
        )
    catalogue = read_catalogue(settings.scenario_folder)
    targets: list[Target] = []
    runs: list[str] = []
    ready: Iterable[Report] = ()
    if args.all:
        targets, ready = all_targets(catalogue), _broken(catalogue)
    else:
        names, runs = _apart(map(given, args.scenario), catalogue, settings)
        targets = named_targets(names, catalogue, remedies=args.remedies or args.treat)
        if runs and (args.remedies or args.treat):
            raise UsageError("--remedies and --treat are for scenarios, not for runs and logs.")
        ready = (_run_report(word, args.steps, settings) for word in runs)
    if args.annotations and not runs:
        raise UsageError("--annotations is for a command, a run or a log, not for scenarios.")
    if targets:
        require_torch()
    judge = Judge(settings.device, settings.seed, args.steps, args.treat)
    shown = [target.name for target in targets] or [""]
    show = VerdictLines(paint(settings.color), shown, brief=args.all)
    reports = []
    with closing(reports_on(targets, judge, args.jobs or _cores())) as arriving:
        for report in chain(ready, arriving):
            reports.append(report)
            say(json.dumps(report.as_json()) if args.json else show.report(report))
            if report.target in runs:
                tell_job(report, args.annotations)
    if not args.json and len(reports) > 1:
        say(show.summary(reports))
    if args.treat:
        return exit_code_of_treated(reports)
    return exit_code_of_all(reports) if args.all else worst(reports)


def _apart(
    words: Iterable[str], catalogue: Catalogue, settings: Settings
) -> tuple[list[str], list[str]]:
    """Scenarios, and what names a recorded run or a log and no scenario."""
    from gradtui.runstore.files.run_folders import runs_home

    names: list[str] = []
    runs: list[str] = []
    for word in words:
        plain = word.partition("+")[0]
        scenario = plain.endswith(".toml") or plain in {*catalogue.scenarios, *catalogue.broken}
        recorded = not scenario and is_one(word, runs_home(settings.runs))
        if not (scenario or recorded) and "/" in word:
            raise UsageError(f"there is no file or folder {printable(word)!r}.")
        (runs if recorded else names).append(word)
    return names, runs


def _run_report(word: str, steps: int | None, settings: Settings) -> Report:
    from gradtui.commands.command_verdict import judged_run
    from gradtui.runstore.files.run_folders import runs_home

    with named_run(word, runs_home(settings.runs)) as run:
        return judged_run(run, word, steps)


def _command(args: argparse.Namespace, command: list[str], settings: Settings) -> int:
    if args.scenario or args.all:
        raise UsageError("check scenarios or a command, not both at once.")
    if not command:
        raise UsageError("name the command to check: gradtui check -- python train.py.")
    if args.html is not None:
        refuse_unwritable(args.html)
    refuse_unsendable(args.to)
    from gradtui.commands.check_command import check_command

    report, kept = check_command(
        command, settings, args.steps, args.stop_on, args.notify, args.html, args.to
    )
    if args.json:
        say(json.dumps(report.as_json()))
    else:
        say(VerdictLines(paint(settings.color), [report.target], brief=False).report(report))
    tell_job(report, args.annotations)
    return report.exit_code if kept else report.exit_code or UNWRITTEN


def _broken(catalogue: Catalogue) -> list[Report]:
    """Files that are wrong count as targets that could not be run."""
    return [
        Report(SCHEMA, name, None, "", error=str(error)) for name, error in catalogue.broken.items()
    ]


def _cores() -> int:
    """Cores that this process may use, which in a container are fewer than there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def worst(reports: Iterable[Report]) -> int:
    codes = {report.exit_code for report in reports}
    return next((code for code in (1, 4, 3) if code in codes), 0)


def exit_code_of_all(reports: Iterable[Report]) -> int:
    found = list(reports)
    if any(report.verdict == FAILED for report in found):
        return 1
    return 0 if all(report.as_expected for report in found) else 3


def exit_code_of_treated(reports: Iterable[Report]) -> int:
    """The worst verdict of the scenarios that no remedy cures."""
    found = list(reports)
    cured = {
        report.target.partition("+")[0]
        for report in found
        if report.treatment and report.treatment["word"] == CURED
    }
    left = [r for r in found if r.verdict == FAILED or (not r.remedy and r.target not in cured)]
    return worst(left)
