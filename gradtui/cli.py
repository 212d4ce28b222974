"""The command line: parser, dispatch, and errors as one line on stderr and an exit code."""

import argparse
import errno
import os
import sys
import tempfile
import traceback
from collections.abc import Sequence
from types import ModuleType
from typing import Any, NoReturn

from gradtui.commands import (
    attach,
    check,
    compare,
    completion,
    export,
    launch,
    mcp,
    ps,
    replay,
    run,
    runs,
    schema,
    serve,
)
from gradtui.commands import list as list_
from gradtui.commands.output import warn
from gradtui.commands.settings import Settings, add_flags, read_settings
from gradtui.commands.shell import answer, asked
from gradtui.core.errors import GradtuiError, UsageError
from gradtui.core.text import did_you_mean, printable
from gradtui.core.version import version
from gradtui.lab.scenario.values import documented

VERBS: dict[str, ModuleType] = {
    "launch": launch,
    "list": list_,
    "check": check,
    "run": run,
    "attach": attach,
    "ps": ps,
    "replay": replay,
    "runs": runs,
    "compare": compare,
    "export": export,
    "serve": serve,
    "mcp": mcp,
    "schema": schema,
    "completion": completion,
}

EPILOG = """\
examples:
  gradtui                            open the lab
  gradtui launch deep_sigmoid        open it at one scenario
  gradtui check deep_sigmoid         train it without a screen and print the verdict
  gradtui run python train.py        record and watch your own training, live
  gradtui attach                     watch the newest recorded run
  gradtui ps                         which trainings run that attach --pid PID could join
  gradtui check --all --json         every scenario and every remedy, for machines

Without a command, gradtui launches the lab. Settings come from flags, then from variables
(GRADTUI_DEVICE, GRADTUI_FPS, ...), then from $XDG_CONFIG_HOME/gradtui/config.toml.

exit codes: 0 healthy or as expected, 1 the program failed, 2 usage, 3 sick, 4 non-finite,
128+n ended by signal n.
"""


class Parser(argparse.ArgumentParser):
    """argparse, with errors as exceptions in this program's own words."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        options.setdefault("allow_abbrev", False)
        super().__init__(**options)

    def error(self, message: str) -> NoReturn:
        end = "" if message.endswith((".", "?")) else "."
        raise UsageError(f"{message}{end} See '{self.prog} --help'.")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            known = list(action.choices)
            hint = did_you_mean(str(value), known) or f": choose from {', '.join(known)}"
            word = action.option_strings[0] if action.option_strings else action.dest
            name = "command" if action.nargs == argparse.PARSER else word
            raise argparse.ArgumentError(None, f"there is no {name} '{value}'{hint}")


def build_parser() -> Parser:
    """The whole command line, every verb with the flags that mean something to it."""
    parser = Parser(
        prog="gradtui",
        description="htop for gradients, with a doctor inside.",
        epilog=EPILOG,
    )
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    add_flags(parser, [item.name for item in documented(Settings)])
    verbs = parser.add_subparsers(dest="verb", metavar="COMMAND", title="commands")
    for name, module in VERBS.items():
        words = module.__doc__ or ""
        first, _, rest = words.partition("\n")
        # A percent sign is a placeholder to argparse in help, not in descriptions and epilogs.
        verb = verbs.add_parser(
            name, help=first.replace("%", "%%"), description=first, epilog=rest.strip()
        )
        module.add_arguments(verb)
        add_flags(verb, module.SETTINGS)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _dispatch(sys.argv[1:] if argv is None else argv)
        _flush()
        return code
    except GradtuiError as error:
        warn(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        _discard_output()
        return 141
    except Exception as error:
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            _discard_output()
        warn(_unexpected(error))
        return 1


def _flush() -> None:
    """What cannot be written because its terminal has gone is given up: Python would try once more on
    its way out, and exit with 120."""
    for number, stream in ((1, sys.stdout), (2, sys.stderr)):
        if stream is None:
            continue
        try:
            stream.flush()
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            _discard_output(number)


def _discard_output(number: int = 1) -> None:
    """Python flushes its outputs once more on its way out: give this one somewhere to go."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), number)


def _dispatch(argv: Sequence[str]) -> int:
    parser = build_parser()
    if asked():
        answer(parser)
    args = parsed(parser, argv)
    if args.version:
        sys.stdout.write(f"gradtui {version()}\n")
        return 0
    if args.verb is None:
        args = parser.parse_args([*argv, "launch"])
    code: int = VERBS[args.verb].run(args, read_settings(vars(args)))
    return code


def parsed(parser: Parser, argv: Sequence[str]) -> argparse.Namespace:
    """The command line taken apart. For `check`, what follows "--" is the command to judge."""
    words = list(argv)
    if "--" in words:
        at = words.index("--")
        args = parser.parse_args(words[:at])
        if args.verb == "check":
            args.command = words[at + 1 :]
            return args
    args = parser.parse_args(words)
    if args.verb == "serve" and args.command[:1] not in ([], ["serve"]):
        parser.parse_args(args.command)  # what is wrong with it is said here, not in every browser
    return args


def _unexpected(error: Exception) -> str:
    """One sentence on a bug or a broken machine, and where the rest was written."""
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return "the disk is full: output could not be written."
    what = f"unexpected {type(error).__name__}"
    if str(error):
        what += f" ({printable(str(error).splitlines()[0])})"
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="gradtui-", suffix=".txt", delete=False, encoding="utf-8"
        ) as file:
            file.write("".join(traceback.format_exception(error)))
    except OSError:
        return f"{what}, and nowhere to write the traceback to."
    return f"{what}: please report it together with {file.name}, which holds the traceback."
