"""Train without a screen and print the verdict: scenarios, or a command of your own.

examples:
  gradtui check deep_sigmoid              exit code 3: it is sick
  gradtui check deep_sigmoid+1            the same run under its first remedy
  gradtui check deep_sigmoid --remedies   the run and every remedy
  gradtui check ./mine.toml --steps 50    a file, and not for long
  gradtui check --all --json              everything, one JSON object a line
  gradtui check -- python train.py        your own training, for a CI job
  gradtui check --steps 500 --json -- torchrun --nproc-per-node 2 train.py

Each target is printed as it ends. A run that must be sick and is sick is as expected. A command
writes to standard error here, so that standard output holds the report alone; with --steps it is
ended once it has taken as many. It is recorded as with gradtui run.

exit codes for named scenarios: the worst verdict of all: 0 healthy, 3 sick, 4 non-finite, and 1
where a run could not be made. For --all: 0 when every target is as expected, 1 where one could not
be run, else 3. For a command: 1 where it fails or nothing of it was seen, 128+n after signal n,
else by its verdict.
"""

import argparse
import json
import os
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass

from gradtui.commands.output import Paint, paint, say
from gradtui.commands.report import FAILED, SCHEMA, Report, examined, failed
from gradtui.commands.settings import Settings
from gradtui.commands.targets import Target, all_targets, named_targets
from gradtui.commands.values import count
from gradtui.commands.workers import Crashed, spread
from gradtui.core.errors import GradtuiError, UsageError
from gradtui.core.text import printable
from gradtui.scenario.catalogue import Catalogue, read_catalogue

SETTINGS = ("device", "seed", "color", "scenarios", "runs", "overhead")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("scenario", nargs="*", metavar="SCENARIO", help="name, name+N or file")
    parser.add_argument("--all", action="store_true", help="every scenario and every remedy")
    parser.add_argument("--remedies", action="store_true", help="each scenario's remedies as well")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--steps", type=count, metavar="N", help="instead of the scenario's own")
    parser.add_argument(
        "--jobs", type=count, metavar="N", help="runs at a time (default: as many as cores)"
    )


@dataclass(frozen=True, slots=True)
class Judge:
    """Trains one target and reports on it; a value that worker processes can be handed."""

    device: str
    seed: int | None
    steps: int | None

    def __call__(self, target: Target) -> Report:
        # One thread a run, in a worker or not, so that sums round alike and cores are shared.
        os.environ["OMP_NUM_THREADS"] = "1"
        from gradtui.health.diagnose import diagnose
        from gradtui.training.headless import run_headless

        try:
            outcome = run_headless(
                target.scenario,
                () if target.remedy is None else (target.remedy,),
                device=self.device,
                seed=self.seed,
                steps=self.steps,
            )
        except GradtuiError as error:
            return failed(target, str(error))
        facts = outcome.history.facts()
        return examined(target, facts, diagnose(facts), outcome.ended)


def run(args: argparse.Namespace, settings: Settings) -> int:
    command = getattr(args, "command", None)
    if command is not None:
        return _command(args, command, settings)
    if args.all == bool(args.scenario):
        raise UsageError(
            "name the scenarios to check, or --all ('gradtui list' names them), "
            "or a command after --."
        )
    catalogue = read_catalogue(settings.scenario_folder)
    if args.all:
        targets, broken = all_targets(catalogue), _broken(catalogue)
    else:
        targets = named_targets(args.scenario, catalogue, remedies=args.remedies)
        broken = []
    judge = Judge(settings.device, settings.seed, args.steps)
    show = Lines(paint(settings.color), [target.name for target in targets], brief=args.all)
    reports = []
    with closing(_reports(judge, targets, args.jobs or _cores())) as arriving:
        for report in (*broken, *arriving):
            reports.append(report)
            say(json.dumps(report.as_json()) if args.json else show.report(report))
    if not args.json and len(reports) > 1:
        say(show.summary(reports))
    return exit_code_of_all(reports) if args.all else worst(reports)


def _command(args: argparse.Namespace, command: list[str], settings: Settings) -> int:
    if args.scenario or args.all:
        raise UsageError("check scenarios or a command, not both at once.")
    if not command:
        raise UsageError("name the command to check: gradtui check -- python train.py.")
    from gradtui.commands.check_command import check_command

    report = check_command(command, settings, args.steps)
    if args.json:
        say(json.dumps(report.as_json()))
    else:
        say(Lines(paint(settings.color), [report.target], brief=False).report(report))
    return report.exit_code


def _reports(judge: Judge, targets: list[Target], jobs: int) -> Generator[Report, None, None]:
    if len(targets) == 1:
        yield judge(targets[0])
        return
    for target, result in spread(judge, targets, jobs):
        yield failed(target, result.why) if isinstance(result, Crashed) else result


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


class Lines:
    """Reports as lines for people, aligned over all targets."""

    def __init__(self, color: Paint, names: Iterable[str], *, brief: bool) -> None:
        self._color = color
        self._wide = max(len(name) for name in names)
        self._brief = brief

    def report(self, report: Report) -> str:
        """One line, then the evidence; unless brief, causes and remedies as well."""
        met = report.as_expected
        words = self._color("good" if met else "bad", f"{'ok' if met else 'NOT AS EXPECTED':<15}")
        name = f"{printable(report.target):<{self._wide}}"
        if report.verdict == FAILED:
            return f"{words}  {name}  failed: {printable(report.error or '')}"
        verdict = report.verdict if met else f"{report.verdict}, expected {report.expected}"
        line = f"{words}  {name}  {verdict}  ({report.steps} steps)"
        if report.remedy:
            line += f"  {self._color('faint', printable(report.remedy))}"
        return "\n".join([line, *self._evidence(report)])

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
        if report.error:
            yield f"    {printable(report.error)}"
        if report.run:
            yield f"    recorded in {printable(report.run)}"

    def summary(self, reports: list[Report]) -> str:
        met = sum(report.as_expected for report in reports)
        ok = met == len(reports)
        words = f"{met} of {len(reports)} as expected"
        return self._color("good" if ok else "bad", words)
