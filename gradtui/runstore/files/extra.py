"""Packages that only some formats need."""

from importlib import import_module
from typing import Any

from gradtui.core.errors import UsageError


def needed(module: str, extra: str, what: str = "this export") -> Any:
    """The module; a UsageError that says how to get it where it is not installed."""
    try:
        return import_module(module)
    except ImportError:
        package = module.partition(".")[0]
        raise UsageError(
            f"{what} needs {package}: python -m pip install 'gradtui[{extra}]'"
        ) from None
