"""Where a person's own files live (XDG Base Directory Specification)."""

import os
from pathlib import Path


def config_home() -> Path | None:
    """gradtui's folder of settings and scenarios; None where there is no home directory."""
    base = os.environ.get("XDG_CONFIG_HOME", "")
    # The specification says that a relative path is to be ignored.
    if base and Path(base).is_absolute():
        return Path(base) / "gradtui"
    try:
        return Path.home() / ".config" / "gradtui"
    except RuntimeError:
        return None


def state_home() -> Path | None:
    """gradtui's folder of what it recorded; None where there is no home directory."""
    base = os.environ.get("XDG_STATE_HOME", "")
    if base and Path(base).is_absolute():
        return Path(base) / "gradtui"
    try:
        return Path.home() / ".local" / "state" / "gradtui"
    except RuntimeError:
        return None


def is_folder(path: Path | str) -> bool:
    """Also where the name is longer than one can be, which pathlib raises OSError for."""
    return os.path.isdir(path)  # noqa: PTH112


def is_there(path: Path | str) -> bool:
    """Whether something has that name; as `is_folder`."""
    return os.path.exists(path)  # noqa: PTH110
