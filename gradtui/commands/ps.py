"""Running Python processes with torch: which can be attached to, which are recorded.

examples:
  gradtui ps
  gradtui ps --json
  gradtui attach --pid 4711

Those of this user are listed, of all users for the superuser, the oldest first. CPU is the share
of one core over the life of the process, memory what is resident. A process that another one has
forked is marked with +: data-loader workers are, and take no steps. Nothing is done to any process.
"""

import argparse
import json
from pathlib import Path

from gradtui.commands.output import Paint, paint, say
from gradtui.commands.settings import Settings
from gradtui.core.errors import UsageError
from gradtui.core.text import printable
from gradtui.inject.process_table import ProcessFacts

SETTINGS = ("color", "runs")
SCHEMA = 1
LONGEST = 500
"""Characters of a command line that are shown."""
WIDEST = 48
"""Characters up to which what is said of one process moves the commands of the others."""
HEAD = ("PID", "AGE", "CPU", "MEMORY", "PYTHON", "")
YES = "can be attached to"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


def run(args: argparse.Namespace, settings: Settings) -> int:
    from gradtui.commands.recorded_processes import run_of, runs_by_process
    from gradtui.inject.obstacles import obstacle, system_obstacle
    from gradtui.inject.process_table import python_processes
    from gradtui.inject.surroundings import surroundings
    from gradtui.runstore.files.run_folders import runs_home

    here, home = surroundings(), runs_home(settings.runs)
    if why := system_obstacle(here):
        raise UsageError(f"{why}.")
    found = list(python_processes())
    known = runs_by_process(home) if found else {}
    entries = [(one, run_of(one, home, known), obstacle(one, here)) for one in found]
    if args.json:
        for process, directory, why in entries:
            say(json.dumps(as_json(process, directory, why)))
        return 0
    if not entries:
        say("no Python process with torch runs")
        return 0
    for line in table(entries, paint(settings.color)):
        say(line)
    return 0


def as_json(process: ProcessFacts, directory: Path | None, why: str) -> dict[str, object]:
    """One process, as `--json` prints it."""
    return {
        "schema": SCHEMA,
        "pid": process.pid,
        "parent": process.parent,
        "forked": process.forked,
        "age_s": round(process.age, 1),
        "cpu_s": round(process.cpu, 2),
        "memory_bytes": process.memory,
        "threads": process.threads,
        "python": None if process.python is None else ".".join(map(str, process.python)),
        "command": list(process.command),
        "run": None if directory is None else str(directory),
        "attachable": directory is None and not why,
        "why_not": why if directory is None else "it is recorded already",
    }


def table(entries: list[tuple[ProcessFacts, Path | None, str]], color: Paint) -> list[str]:
    """A line each, under a line of titles."""
    rows = [HEAD, *(_cells(process) for process, _, _ in entries)]
    wide = [max(len(row[i]) for row in rows) for i in range(len(HEAD) - 1)]
    out = [color("faint", f"{_aligned(HEAD, wide)}  STATE, COMMAND")]
    told = [_state(directory, why) for _, directory, why in entries]
    broad = min(max(len(words) for _, words in told), WIDEST)
    for row, (process, _, _), (look, words) in zip(rows[1:], entries, told, strict=True):
        state = color(look, f"{words:<{broad}}")
        out.append(f"{_aligned(row, wide)}  {state}  {color('faint', _command(process))}")
    return out


def _state(directory: Path | None, why: str) -> tuple[str, str]:
    if directory is not None:
        return "good", f"recorded: {printable(directory.name)}"
    return ("bad", why) if why else ("good", YES)


def _cells(process: ProcessFacts) -> tuple[str, ...]:
    share = process.cpu / process.age if process.age > 0 else 0.0
    version = ".".join(map(str, process.python or ()))
    mark = "+" if process.forked else ""
    return (
        f"{mark}{process.pid}",
        _age(process.age),
        f"{100 * share:.0f} %",
        f"{process.memory / 2**20:,.0f} MiB",
        version,
        "",
    )


def _aligned(row: tuple[str, ...], wide: list[int]) -> str:
    return "  ".join(f"{cell:>{width}}" for cell, width in zip(row, wide, strict=False))


def _age(seconds: float) -> str:
    """ "42 s", "7 min", "5 h", "12 d"."""
    for size, word, most in ((1, "s", 120), (60, "min", 120), (3600, "h", 48)):
        if seconds < most * size:
            return f"{seconds / size:.0f} {word}"
    return f"{seconds / 86400:.0f} d"


def _command(process: ProcessFacts) -> str:
    words = printable(" ".join(process.command))
    return words if len(words) <= LONGEST else words[: LONGEST - 3] + "..."
