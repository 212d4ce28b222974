"""Record a training command, unmodified, and watch it live.

examples:
  gradtui run python train.py --lr 0.1
  gradtui run torchrun --nproc-per-node 2 train.py
  gradtui run --headless python train.py      only record; a verdict at the end
  gradtui run --headless --stop-on nonfinite python train.py
  gradtui run --headless --html page.html python train.py
  gradtui run --notify 'mail -s "$GRADTUI_NOTIFY_VERDICT" me < /dev/null' python train.py
  gradtui run --to tensorboard=logs --to otlp=http://localhost:4318 python train.py

The command's own processes are instrumented through their environment; nothing of it is changed.
What it prints goes to a pane and to output.log in the run's directory (with --headless to the
terminal as ever, and of gradtui nothing comes between; where standard error is a file, a line
says now and then how far it has come). Quitting the screen asks whether to stop training or to
leave it running, where gradtui attach opens it again.

--notify runs a command of the shell for the first critical finding and at the end. It is told by
variables: GRADTUI_NOTIFY_EVENT (finding or end), _VERDICT, _SEVERITY, _STEP, _EVIDENCE, _RUN,
_COMMAND, _EXIT_CODE.

--html writes a page with findings, charts and layers at the end, whatever the verdict: one file
that needs no network. Of a run that is over, gradtui export RUN --format html makes it.

--to sends gradient norms, loss, learning rate and findings to another tool while the command runs,
from a process of its own: tensorboard=DIR, wandb, mlflow=URI, otlp=URL. What that tool did not take
is dropped, and counted at the end. docs/forwarding.md has the names.

At the end it is said how the command ended, by exit code or signal and exception, what of its
record could not be written, and then the verdict, with its cause and the first remedy.

exit codes: the command's own where it fails, 128+n after signal n; with --headless otherwise 0
healthy, undecided or not seen, 3 sick, 4 non-finite.
"""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from gradtui.commands.forward.address import Address, add_to, refuse_unsendable
from gradtui.commands.notify import HELP
from gradtui.commands.output import warn
from gradtui.commands.output_file import refuse_unwritable
from gradtui.commands.page_file import HELP as HTML_HELP
from gradtui.commands.page_file import UNWRITTEN, page_written
from gradtui.commands.report import FAILED
from gradtui.commands.settings import Settings
from gradtui.core.confirmation import WAYS
from gradtui.core.errors import UsageError
from gradtui.core.launcher import misplaced

SETTINGS = (
    "fps",
    "theme",
    "ascii",
    "charts",
    "color",
    "bell",
    "runs",
    "overhead",
    "autopsy",
    "catch_nan",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--headless", action="store_true", help="only record, without a screen")
    parser.add_argument(
        "--stop-on",
        choices=WAYS,
        help="once the run is not finite, or sick: ask whether to end it; with --headless end it",
    )
    parser.add_argument("--notify", metavar="CMD", help=HELP)
    parser.add_argument("--html", type=Path, metavar="FILE", help=f"with --headless: {HTML_HELP}")
    add_to(parser)
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="CMD...", help="what to run")


def run(args: argparse.Namespace, settings: Settings) -> int:
    command = args.command[1:] if args.command[:1] == ["--"] else args.command
    if not command:
        raise UsageError("name the command to run: gradtui run python train.py.")
    if args.html is not None:
        if not args.headless:
            raise UsageError(
                "--html is for --headless; once a run is over, "
                "gradtui export RUN --format html -o FILE makes its page."
            )
        refuse_unwritable(args.html)
    if not args.headless:
        from gradtui.app.terminal import refuse_without_terminal

        refuse_without_terminal("gradtui run --headless CMD")
    refuse_unsendable(args.to)
    from gradtui.commands.program import new_directory

    if outer := misplaced(os.environ):
        warn(outer)
    directory = new_directory(command, settings.runs)
    if args.headless:
        return _headless(
            directory, command, settings, args.stop_on, args.notify, args.html, args.to
        )
    from gradtui.commands.live import run_live

    return run_live(directory, command, settings, args.stop_on, args.notify, args.to)


def _headless(
    directory: Path,
    command: list[str],
    settings: Settings,
    stop_on: str | None = None,
    notify: str | None = None,
    html: Path | None = None,
    to: Sequence[Address] = (),
) -> int:
    from gradtui.commands.command_verdict import judged
    from gradtui.commands.early_stop import EarlyStop
    from gradtui.commands.forward.forwarder import Forwarder
    from gradtui.commands.notify import Notifier
    from gradtui.commands.program import noted, start, waited
    from gradtui.commands.progress import Progress
    from gradtui.commands.signals import forwarding
    from gradtui.commands.stderr_lines import aside, fresh_line
    from gradtui.commands.verdict_lines import closing_lines

    child = start(directory, command, settings)
    forwarder = Forwarder(to, directory)
    notifier = Notifier(notify, directory, command)
    progress = Progress(directory, aside)
    early = EarlyStop(directory, command, stop_on, notifier=notifier)
    with forwarding(child):
        code = waited(child, lambda: progress() and early())
    code, disk = noted(directory, 0 if early.stopped else code)
    forwarder.end(failed=code != 0)
    report = judged(directory, command, code=code, disk=disk)
    notifier.ended(report, code)
    unwritten = page_written(directory, report, html)
    fresh_line()
    for complaint in (notifier.complaint, unwritten):
        if complaint:
            warn(complaint)
    if early.stopped:
        warn(early.stopped)
    for line in closing_lines(report):
        warn(line)
    for line in forwarder.finish():
        warn(line)
    found = code or (0 if report.verdict == FAILED else report.exit_code)
    return found or UNWRITTEN if unwritten else found
