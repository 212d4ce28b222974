"""A verdict on a training command of the person's own."""

from collections.abc import Sequence
from pathlib import Path

from gradtui.commands.command_verdict import judged
from gradtui.commands.early_stop import EarlyStop
from gradtui.commands.forward.address import Address
from gradtui.commands.forward.forwarder import Forwarder
from gradtui.commands.notify import Notifier
from gradtui.commands.output import warn
from gradtui.commands.page_file import page_written
from gradtui.commands.program import new_directory, noted, start, waited
from gradtui.commands.progress import Progress, steps_taken
from gradtui.commands.report import Report
from gradtui.commands.settings import Settings
from gradtui.commands.signals import forwarding
from gradtui.commands.stderr_lines import aside, fresh_line


def check_command(
    command: list[str],
    settings: Settings,
    steps: int | None = None,
    stop_on: str | None = None,
    notify: str | None = None,
    html: Path | None = None,
    to: Sequence[Address] = (),
) -> tuple[Report, bool]:
    """Run `command` to its end, or until it has taken `steps` steps or has gone bad in the way of
    `stop_on`, and judge what was recorded. `notify` is a command of the shell that is told of it,
    `html` a file for the page on it, `to` where values are sent on to.

    The report, and whether the page was written that was asked for. What the command prints goes to
    standard error. Raises UsageError where it cannot be started.
    """
    directory = new_directory(command, settings.runs)
    child = start(directory, command, settings, output=2)
    forwarder = Forwarder(to, directory)
    notifier = Notifier(notify, directory, command)
    progress = Progress(directory, aside)
    early = EarlyStop(directory, command, stop_on, notifier=notifier)
    enough = False

    def glance() -> bool:
        nonlocal enough
        enough = steps is not None and steps_taken(directory) >= steps
        return progress() and not enough and early()

    with forwarding(child):
        code = waited(child, glance)
    if early.stopped:
        fresh_line()
        warn(early.stopped)
    # What was stopped for that has not failed.
    code, disk = noted(directory, 0 if enough or early.stopped else code)
    forwarder.end(failed=code != 0)
    report = judged(directory, command, steps, code=code, disk=disk)
    notifier.ended(report, code)
    unwritten = page_written(directory, report, html)
    for complaint in (notifier.complaint, unwritten, *forwarder.finish()):
        if complaint:
            fresh_line()
            warn(complaint)
    return report, not unwritten
