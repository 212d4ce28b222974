"""The page of a command that is over, in the file that was asked for."""

from pathlib import Path

from gradtui.commands.output_file import write
from gradtui.commands.report import Report
from gradtui.core.errors import GradtuiError

HELP = "write a page with findings, charts and layers at the end, whatever the verdict"
UNWRITTEN = 1
"""Exit code where all was well and the page could not be written."""


def page_written(directory: Path, report: Report, output: Path | None) -> str:
    """Write the page on a recorded run; why that could not be, else "". A verdict is not lost for it."""
    if output is None:
        return ""
    from gradtui.commands.page.document import page
    from gradtui.commands.page.gather import contents_of_run

    try:
        write(page(contents_of_run(directory, report)), output)
    except GradtuiError as error:
        return str(error)
    return ""
