"""From a run's directory, or from a run in memory, to what its page tells."""

import shlex
import time
from pathlib import Path
from types import MappingProxyType

import numpy as np

from gradtui.commands.page.contents import PageContents, RunPlots
from gradtui.commands.page.curves import RunCurves
from gradtui.commands.page.heat import heat_map
from gradtui.commands.page.layers import layer_rows, present_rows, shown_rows
from gradtui.commands.page.metric_charts import metric_charts
from gradtui.commands.page.scalars import curves_of_facts, curves_of_files
from gradtui.commands.report import Report
from gradtui.core.ending import ending_word
from gradtui.core.errors import GradtuiError
from gradtui.core.event import RunInfo
from gradtui.core.facts import Facts
from gradtui.core.layout import BoolArray
from gradtui.core.metric import Metrics
from gradtui.core.scalar_series import ScalarSeries
from gradtui.core.text import printable
from gradtui.core.version import version
from gradtui.lab.scenario.schema import Scenario
from gradtui.runstore.files.reading import any_numbers, in_a_sentence
from gradtui.runstore.ranks.process_status import RUNNING
from gradtui.runstore.reader.load import Loaded, facts_of, load
from gradtui.runstore.reader.metrics import metrics_of

LINES = 200
"""Of the output that are shown."""


def contents_of_run(directory: Path, report: Report) -> PageContents:
    """Of a recorded run, on which there is a report already. Where nothing of it can be read that is
    what the page says."""
    title = report.target or directory.name
    try:
        loaded = load(directory)
    except GradtuiError:
        return PageContents(title, report, time.time(), output=_output(directory))
    plots = None
    with in_a_sentence(directory), any_numbers():
        facts = facts_of(loaded)
        if len(facts):
            curves = curves_of_files(loaded.ranks, loaded.first_nonfinite)
            plots = run_plots(facts, curves, report, _last(facts, loaded), metrics_of(loaded.ranks))
    seen = loaded.first_nonfinite
    return PageContents(
        title=title,
        report=report,
        made=time.time(),
        about=_about_run(directory, loaded, facts, report),
        running=report.command_exit is None and loaded.status.state == RUNNING,
        autopsy=None if seen is None else seen.autopsy,
        plots=plots,
        output=_output(directory),
    )


def contents_of_scenario(
    scenario: Scenario, remedy: str, facts: Facts, report: Report
) -> PageContents:
    """Of a run of the lab that is over; `remedy`: the title of the one that it was trained under."""
    seen = facts.first_nonfinite
    about = [("scenario", scenario.name + (f", {remedy}" if remedy else ""))]
    about += [("expected", report.expected.replace("_", " "))]
    plots = None
    if len(facts):
        with any_numbers():
            plots = run_plots(facts, curves_of_facts(facts), report, int(facts.steps[-1]))
    return PageContents(
        title=scenario.title,
        report=report,
        made=time.time(),
        story=scenario.story,
        about=(*about, *_about_info(facts.info), *_steps(report), ("gradtui", version())),
        autopsy=None if seen is None else seen.autopsy,
        plots=plots,
    )


def run_plots(
    facts: Facts,
    curves: RunCurves,
    report: Report,
    last: int,
    metrics: Metrics = MappingProxyType({}),
) -> RunPlots:
    """What is drawn of a run; `last` is its last step, measured or not."""
    layout = facts.layout
    wanted = {name for finding in report.findings for name in finding["layers"]}
    named = {row for row, info in enumerate(layout.rows) if info.name in wanted}
    there = present_rows(facts)
    present: BoolArray = np.asarray(there.any(axis=0))
    rows = shown_rows(layout, named, present)
    heat = heat_map(facts, rows, there)
    layers = layer_rows(facts, rows, there, heat, named)
    left_out = len(layout.rows) - len(rows)
    return RunPlots(last, curves, heat, layers, left_out, metric_charts(metrics, last))


def _last(facts: Facts, loaded: Loaded) -> int:
    return max([int(facts.steps[-1]), *(rank.last_step for rank in loaded.status.ranks)])


def _output(directory: Path) -> tuple[str, ...]:
    from gradtui.app.log_tail import LogTail
    from gradtui.app.process_view import LOG

    tail = LogTail(directory / LOG)
    tail.poll()
    return tail.lines[-LINES:]


def _about_run(
    directory: Path, loaded: Loaded, facts: Facts, report: Report
) -> tuple[tuple[str, str], ...]:
    header = loaded.ranks[0].header
    about = [("command", shlex.join(header.command) or "-"), ("run", directory.name)]
    if loaded.info.logged is not None:
        about = [("log", printable(loaded.info.logged.path)), ("format", loaded.info.logged.format)]
    about += _about_info(loaded.info)
    if len(header.optimizers) > 1:
        about.append(("optimizers", "; ".join(header.optimizers[:20])))
    about += _when(header.started, facts.scalars)
    if report.command_exit is not None:
        about.append(("ended", ending_word(report.command_exit)))
    about += _steps(report)
    about += _processes(loaded)
    words = ", ".join(f"{name} {number}" for name, number in header.versions.items())
    return (*about, ("versions", words or "-"))


def _about_info(info: RunInfo) -> list[tuple[str, str]]:
    about = [("device", info.device), ("optimizer", info.optimizer), ("precision", info.precision)]
    about += [("clipping", info.clip), ("task", _task(info))]
    return [(name, words) for name, words in about if words]


def _task(info: RunInfo) -> str:
    return f"{info.task}, {info.classes} classes" if info.classes else info.task


def _when(started: float, scalars: ScalarSeries) -> list[tuple[str, str]]:
    from gradtui.app.render.number import duration

    out = []
    try:
        words = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(started))
    except (OverflowError, ValueError, OSError):  # a damaged file has any number
        words = ""
    if started > 0 and words:
        out.append(("started", f"{words} UTC"))
    passed = float(scalars.time[-1]) - started if len(scalars) else np.nan
    if np.isfinite(passed) and passed >= 0:
        out.append(("trained for", duration(passed)))
    return out


def _steps(report: Report) -> list[tuple[str, str]]:
    if report.logged is not None:
        return [
            ("steps", f"to {report.steps - 1:,}, logged at {report.logged['points']:,} of them")
        ]
    words = f"{report.steps:,}"
    taken, measured = report.steps_taken, report.steps_measured
    if taken and measured is not None:
        share = min(measured / taken, 1.0)
        words += f", gradients measured at {measured:,} of them ({100 * share:.3g} %)"
    out = [("steps", words)]
    if report.steps_per_s is not None:
        out.append(("speed", f"{report.steps_per_s:,} steps/s"))
    if report.overhead_percent is not None:
        out.append(("time for watching", f"{report.overhead_percent:g} %, its free start included"))
    return out


def _processes(loaded: Loaded) -> list[tuple[str, str]]:
    """Of a training in several processes how many there are, and what is wrong with any."""
    ranks = loaded.status.ranks
    world = max(rank.header.world_size for rank in loaded.ranks)
    if world <= 1 and len(ranks) <= 1:
        return []
    states = sorted({rank.state for rank in ranks})
    words = f"{len(ranks)} of {world} recorded; {', '.join(states)}"
    if loaded.status.missing:
        shown = ", ".join(map(str, loaded.status.missing[:20]))
        words += f"; nothing of rank {shown}"
    return [
        ("processes", printable(words)),
        ("their numbers", "losses are means over the ranks, norms are of the whole model"),
    ]
