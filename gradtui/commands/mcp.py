"""Answer an assistant's questions about recorded runs, by the Model Context Protocol.

examples:
  gradtui mcp                          what an assistant's client starts
  gradtui mcp --runs /scratch/me/runs

It speaks over standard input and output and ends with its input. Its tools list runs, say what is
wrong with one and what that rests on, give norms of a layer and series of a run, and compare two;
docs/assistants.md has how to add it to a client. They read, and change nothing. Runs are named as
for gradtui replay. It needs the package mcp: python -m pip install 'gradtui[mcp]'.
"""

import argparse
import sys

from gradtui.commands.settings import Settings
from gradtui.core.errors import UsageError

SETTINGS = ("runs",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    del parser


def run(args: argparse.Namespace, settings: Settings) -> int:
    del args
    from gradtui.runstore.files.run_folders import runs_home

    home = runs_home(settings.runs)
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError(
            "gradtui mcp is for an assistant's client, which starts it and speaks to it over standard "
            "input; docs/assistants.md has how to add it to one."
        )
    try:
        from gradtui.commands.assistant.server import serve
    except ImportError as error:
        if not (error.name or "").startswith(("mcp", "anyio")):
            raise
        raise UsageError(
            "gradtui mcp needs the package mcp, 2 or later: python -m pip install 'gradtui[mcp]'"
        ) from None
    serve(home)
    return 0
