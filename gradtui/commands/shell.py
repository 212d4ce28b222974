"""Answering a shell that asks what may follow, by argcomplete."""

import argparse
import os
from collections.abc import Callable, Iterable

ASKED = "_ARGCOMPLETE"
"""The variable by which a shell's script says that it asks, and that nothing is to be run."""

Completer = Callable[..., Iterable[str]]
"""Called with `parsed_args`, what the words so far say, and with more by name."""


def asked() -> bool:
    return ASKED in os.environ


def answer(parser: argparse.ArgumentParser) -> None:
    """Tell the shell what may follow, and end the process."""
    import argcomplete  # needed by a shell alone

    argcomplete.autocomplete(parser)


def offering(action: argparse.Action, completer: Completer) -> None:
    """Have this offered for an argument: the attribute is argcomplete's."""
    action.completer = completer  # type: ignore[attr-defined]
