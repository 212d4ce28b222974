"""The folder that event files of one run go into."""

from pathlib import Path

from gradtui.core.errors import GradtuiError, UsageError
from gradtui.core.text import printable

EVENTS = "events.out.tfevents.*"


def run_name(directory: Path) -> str:
    """What a run is called: the name of its directory, however that was given."""
    return directory.resolve().name


def refuse_used(folder: Path, name: str) -> None:
    """Raises UsageError where `folder` cannot be made, or has events of the run `name` already: two sets
    of them are drawn on top of each other."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = printable(error.strerror or str(error))
        raise UsageError(
            f"--to: the folder {printable(str(folder))} cannot be made ({why})."
        ) from None
    if name:
        refuse_events(folder / name)


def run_folder(folder: Path, name: str) -> Path:
    """The folder of the run `name` in `folder`, made. Raises GradtuiError where either is a link or
    cannot be written, UsageError where it has events already."""
    from gradtui.runstore.export.tensorboard import prepared

    place = prepared(folder, name)
    refuse_events(place)
    return place


def refuse_events(place: Path) -> None:
    try:
        there = any(place.glob(EVENTS))
    except OSError as error:
        raise GradtuiError(f"{printable(str(place))} cannot be read ({error.strerror}).") from None
    if there:
        where = printable(str(place))
        raise UsageError(f"--to: {where} has events of this run already: name another folder.")
