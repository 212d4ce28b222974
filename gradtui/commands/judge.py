"""The verdict on a recorded command: what `run --headless` says last, and `check -- CMD` prints."""

import shlex
from dataclasses import replace
from pathlib import Path

from gradtui.commands.report import Report, examined, failed
from gradtui.commands.targets import CommandTarget
from gradtui.core.errors import GradtuiError
from gradtui.core.secrets import masked
from gradtui.stream.reading import extent, opened, read_at

LAST_BYTES = 2000
UNSEEN = (
    "nothing was seen: no process of this command stepped a torch optimizer or called backward "
    "(python -I, -S and -E and an environment or PYTHONPATH of its own switch watching off; "
    "gradtui.watch(model) in the script does without)."
)


def judged(directory: Path, command: list[str], steps: int | None = None) -> Report:
    """The report on what `directory` holds, or on its first `steps` steps."""
    from gradtui.health.diagnose import diagnose
    from gradtui.stream.load import facts_of, load

    target = CommandTarget(shlex.join(masked(command)))
    try:
        loaded = load(directory)
    except GradtuiError:
        return failed(target, unseen(directory))
    facts = facts_of(loaded)
    taken = [e["step"] for e in loaded.events if e.get("kind") == "ended"]
    if steps is not None:
        facts = facts.until(int((facts.steps < steps).sum()))
    if not len(facts):
        return failed(target, unseen(directory))
    report = examined(target, facts, diagnose(facts))
    whole = max((n for n in taken if isinstance(n, int)), default=0) if steps is None else 0
    kept = loaded.block.steps if steps is None else loaded.block.steps[loaded.block.steps < steps]
    return replace(report, run=str(directory), steps=max(report.steps, whole), recorded=len(kept))


def with_exit(report: Report, code: int) -> Report:
    """`report` with how the command ended: where it failed, that is what the report is of."""
    if code == 0 or report.error is not None:
        return replace(report, command_exit=code)
    how = f"was ended by signal {code - 128}" if code > 128 else f"exited with {code}"
    return replace(report, command_exit=code, error=f"the command {how}", as_expected=False)


def unseen(directory: Path) -> str:
    """Why there is nothing to judge: what the watching side has logged, else what may be."""
    try:
        with opened(directory / "watch.log") as fd:
            last = read_at(fd, LAST_BYTES, max(extent(fd) - LAST_BYTES, 0))
        lines = last.decode(errors="replace").splitlines()
    except OSError:
        lines = []
    said = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return f"nothing was seen: {said}" if said else UNSEEN
