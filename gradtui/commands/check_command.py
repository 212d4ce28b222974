"""A verdict on a training command of the person's own."""

from gradtui.commands.command_verdict import judged
from gradtui.commands.program import new_directory, noted, start, waited
from gradtui.commands.progress import Progress, steps_taken
from gradtui.commands.report import Report
from gradtui.commands.settings import Settings
from gradtui.commands.signals import forwarding
from gradtui.commands.stderr_lines import aside


def check_command(command: list[str], settings: Settings, steps: int | None = None) -> Report:
    """Run `command` to its end, or until it has taken `steps` steps, and judge what was recorded.

    What it prints goes to standard error. Raises UsageError where it cannot be started.
    """
    directory = new_directory(command, settings.runs)
    child = start(directory, command, settings, output=2)
    progress, enough = Progress(directory, aside), False

    def glance() -> bool:
        nonlocal enough
        enough = steps is not None and steps_taken(directory) >= steps
        return progress() and not enough

    with forwarding(child):
        code = waited(child, glance)
    code, disk = noted(directory, 0 if enough else code)  # what was stopped for that has not failed
    return judged(directory, command, steps, code=code, disk=disk)
