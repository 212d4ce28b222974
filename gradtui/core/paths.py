"""Where a person's own files live: XDG folders on every system, as run directories travel between them."""

import os
from pathlib import Path


def config_home() -> Path | None:
    """gradtui's folder of settings and scenarios; None where there is no home directory."""
    return _home("user_config_path")


def state_home() -> Path | None:
    """gradtui's folder of what it recorded; None where there is no home directory."""
    return _home("user_state_path")


def _home(name: str) -> Path | None:
    # Not at the start: a watched program that is told where to record never asks.
    from platformdirs.unix import Unix

    try:
        found: Path = getattr(Unix("gradtui"), name)
    except (KeyError, RuntimeError):  # a user without a home, and no variable that says where
        return None
    return found if found.is_absolute() else None


def is_folder(path: Path | str) -> bool:
    """Also where the name is longer than one can be, which pathlib raises OSError for."""
    return os.path.isdir(path)  # noqa: PTH112


def is_there(path: Path | str) -> bool:
    """Whether something has that name; as `is_folder`."""
    return os.path.exists(path)  # noqa: PTH110


def file_of(path: Path) -> Path | None:
    """Of FILE, FILE/WORD or FILE/WORD/WORD the FILE; None where no part of it is one."""
    there = (part for part in (path, *path.parents) if is_there(part))
    found = next(there, None)
    return None if found is None or is_folder(found) else found
