"""The verdict on a recorded command: what `run --headless` says last, and `check -- CMD` prints."""

import shlex
from dataclasses import replace
from pathlib import Path

from gradtui.commands.recorded import NamedRun
from gradtui.commands.report import Report, examined, failed, logged_json
from gradtui.commands.targets import CommandTarget
from gradtui.core.coverage import covered
from gradtui.core.ending import Ending, ending_sentences, one_line, signal_name
from gradtui.core.errors import GradtuiError
from gradtui.core.secrets import masked
from gradtui.runstore.files.reading import any_numbers, extent, opened, read_at

LAST_BYTES = 2000
NO_END = Ending()
UNSEEN = (
    "nothing was seen: no process of this command was seen to step a torch optimizer or to call "
    "backward (python -I, -S and -E and an environment or PYTHONPATH of its own switch watching off, "
    "gradtui.watch(model) in the script does without; os._exit can come before the first record)."
)
EARLY = (
    "nothing was seen: the command ended before its first step, or before that was on disk, or was "
    "not watched."
)


def judged_run(run: NamedRun, word: str, steps: int | None = None) -> Report:
    """The report on a recorded run or a log that was named as `word`."""
    report = judged(run.directory, [word], steps)
    if report.run is None:
        return replace(report, target=word)
    return replace(report, target=word, run=str(run.path))


def judged(
    directory: Path,
    command: list[str],
    steps: int | None = None,
    *,
    code: int | None = None,
    disk: str = "",
) -> Report:
    """The report on what `directory` holds, or on its first `steps` steps, and on how it ended.

    `code` and `disk` as in `ending_of`; without a code the one in the directory counts.
    """
    from gradtui.doctor.diagnose import diagnose
    from gradtui.runstore.ranks.process_status import RUNNING
    from gradtui.runstore.reader.ending import coverage_of, ending_of, late_steps
    from gradtui.runstore.reader.load import facts_of, load

    target = CommandTarget(shlex.join(masked(command)))
    try:
        loaded = load(directory)
    except GradtuiError:
        end = ending_of(directory, (), code=code, disk=disk)
        return with_ending(failed(target, unseen(directory, end)), end)
    running = code is None and loaded.status.state == RUNNING
    end = ending_of(directory, loaded.events, running=running, code=code, disk=disk)
    end = end if end.whole else replace(end, late=late_steps(loaded))
    facts = facts_of(loaded)
    if steps is not None:
        facts = facts.until(int((facts.steps < steps).sum()))
    if not len(facts):
        return with_ending(failed(target, unseen(directory, end)), end)
    coverage = coverage_of(loaded, end, steps)
    with any_numbers():
        report = examined(target, facts, diagnose(facts))
    kept = loaded.block.steps if steps is None else loaded.block.steps[loaded.block.steps < steps]
    return with_ending(
        replace(
            report,
            run=str(directory),
            steps=max(report.steps, coverage.taken),
            recorded=len(kept),
            steps_taken=max(report.steps, coverage.taken),
            steps_measured=coverage.measured,
            tensors_seen=coverage.tensors,
            tensors_unseen=coverage.unseen,
            covered=covered(report.verdict, coverage),
            logged=None if loaded.info.logged is None else logged_json(loaded.info.logged),
        ),
        end,
    )


def with_ending(report: Report, end: Ending) -> Report:
    """`report` with how the command ended: where it failed, that is what the report is of."""
    error = report.error
    if end.code and error is None:
        name = signal_name(end.code)
        how = f"was ended by {name}" if name else f"exited with {end.code}"
        error = f"the command {how}"
    return replace(
        report,
        command_exit=end.code,
        signal=signal_name(end.code),
        exception=one_line(end.exception) or None,
        dropped={"count": end.dropped, "bare": end.bare, "why": end.why} if end.troubled else None,
        ending=list(ending_sentences(end)),
        error=error,
        as_expected=report.as_expected and error is None,
    )


def unseen(directory: Path, end: Ending = NO_END) -> str:
    """Why there is nothing to judge: what the watching side has logged, else what may be."""
    try:
        with opened(directory / "watch.log") as fd:
            last = read_at(fd, LAST_BYTES, max(extent(fd) - LAST_BYTES, 0))
        lines = last.decode(errors="replace").splitlines()
    except OSError:
        lines = []
    said = next((line.strip() for line in reversed(lines) if line.strip()), "")
    if said:
        return f"nothing was seen: {said}"
    return EARLY if end.failed else UNSEEN
