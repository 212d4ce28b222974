"""Packages that only some exports need."""

from importlib import import_module
from typing import Any

from gradtui.core.errors import UsageError


def needed(module: str, extra: str) -> Any:
    """The module; a UsageError that says how to get it where it is not installed."""
    try:
        return import_module(module)
    except ImportError:
        package = module.partition(".")[0]
        raise UsageError(
            f"this export needs {package}: python -m pip install 'gradtui[{extra}]'"
        ) from None
