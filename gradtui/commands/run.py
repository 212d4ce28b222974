"""Record a training command, unmodified, and watch it live.

examples:
  gradtui run python train.py --lr 0.1
  gradtui run torchrun --nproc-per-node 2 train.py
  gradtui run --headless python train.py      only record; a verdict at the end

The command's own processes are instrumented through their environment; nothing of it is changed.
What it prints goes to output.log in the run's directory (with --headless to the terminal as ever).
Quitting the screen leaves training running: gradtui attach opens it again.

exit codes: the command's own where it fails, 128+n after signal n; with --headless otherwise 0
healthy, 3 sick, 4 non-finite.
"""

import argparse
import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from types import FrameType

from gradtui.commands.output import warn
from gradtui.commands.settings import Settings
from gradtui.core.errors import GradtuiError, UsageError
from gradtui.core.text import printable

SETTINGS = ("fps", "theme", "ascii", "color", "bell", "runs")
FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--headless", action="store_true", help="only record, without a screen")
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="CMD...", help="what to run")


def run(args: argparse.Namespace, settings: Settings) -> int:
    command = args.command[1:] if args.command[:1] == ["--"] else args.command
    if not command:
        raise UsageError("name the command to run: gradtui run python train.py.")
    if not args.headless:
        from gradtui.tui.terminal import refuse_without_terminal

        refuse_without_terminal()
    from gradtui.stream.launched import record_launch
    from gradtui.stream.places import new_run, runs_home

    directory = new_run(runs_home(settings.runs), command)
    record_launch(directory, command)
    return _headless(directory, command) if args.headless else _live(directory, command, settings)


def _start(directory: Path, command: list[str], output: int | None) -> subprocess.Popen[bytes]:
    """The command in a child process. `output` takes both its streams; None leaves them."""
    from gradtui.inject import environment

    try:
        return subprocess.Popen(  # noqa: S603 - what the person asked to run
            command,
            env=os.environ | environment(directory),
            stdin=None if output is None else subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=output is not None,
        )
    except OSError as error:
        name = printable(command[0])
        raise UsageError(f"{name} cannot be started ({error.strerror}).") from None


def _ended(directory: Path, code: int) -> int:
    """Note how the command ended; its exit code as a shell would give it."""
    from gradtui.stream.launched import record_exit

    code = 128 - code if code < 0 else code
    with suppress(OSError):
        record_exit(directory, code)
    return code


def _headless(directory: Path, command: list[str]) -> int:
    child = _start(directory, command, None)

    def forward(number: int, where: FrameType | None) -> None:
        with suppress(ProcessLookupError):
            child.send_signal(number)

    # The terminal sends Ctrl+C to the child as well; it alone decides what that means.
    before = {
        n: signal.signal(n, signal.SIG_IGN if n == signal.SIGINT else forward) for n in FORWARDED
    }
    try:
        code = _ended(directory, child.wait())
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    try:
        verdict, found = _verdict(directory)
    except GradtuiError:
        warn("nothing was seen: no process of this command stepped a torch optimizer.")
        return code
    warn(f"{verdict}; recorded in {directory}")
    return code or found


def _verdict(directory: Path) -> tuple[str, int]:
    """What the doctor says in the end, and the exit code for it."""
    from gradtui.health.diagnose import diagnose
    from gradtui.stream.load import load_facts

    facts = load_facts(directory)
    if not len(facts):
        raise GradtuiError("no steps")
    diagnosis = diagnose(facts)
    words = diagnosis.verdict.replace("_", " ")
    if diagnosis.findings:
        words += f": {diagnosis.findings[0].evidence}"
    sick = 4 if facts.first_nonfinite is not None else 3
    return words, 0 if diagnosis.healthy else sick


def _live(directory: Path, command: list[str], settings: Settings) -> int:
    from gradtui.commands.recorded import show_run
    from gradtui.stream.run_reader import RunReader

    log = os.open(directory / "output.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        child = _start(directory, command, log)
    finally:
        os.close(log)
    code = show_run(directory, RunReader(directory), settings, controllable=False)
    if child.poll() is None:
        warn(f"training goes on (process {child.pid}); 'gradtui attach' shows it again")
        return code
    return _ended(directory, child.returncode) or code
