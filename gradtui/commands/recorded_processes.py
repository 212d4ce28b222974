"""Which run a process is recorded into, and whether that began in the middle."""

from pathlib import Path

from gradtui.core.errors import GradtuiError
from gradtui.inject.process_table import ProcessFacts

LOOKED_AT = 200
"""Runs that are looked at for processes, the newest."""


def runs_by_process(home: Path) -> dict[int, Path]:
    """The runs that processes of this machine are writing, by their ids; those of `home`."""
    from gradtui.runstore.files.run_folders import run_paths

    found: dict[int, Path] = {}
    for directory in run_paths(home)[:LOOKED_AT]:
        for pid in _writers(directory):
            found.setdefault(pid, directory)
    return found


def run_of(process: ProcessFacts, home: Path, known: dict[int, Path] | None = None) -> Path | None:
    """The run that it records itself into; None where it does not. `known` as `runs_by_process` gives it."""
    by_process = runs_by_process(home) if known is None else known
    if process.pid in by_process:
        return by_process[process.pid]
    given = Path(process.recorded) if process.recorded else None
    return given if given is not None and process.pid in _writers(given) else None


def attached_run(directory: Path) -> bool:
    """Whether a run was begun by attaching to its process."""
    from gradtui.runstore.format.attach_json import read_answer

    return read_answer(directory) is not None


def _writers(directory: Path) -> list[int]:
    """Processes here that have not ended their record of a run."""
    from gradtui.runstore.format.json_lines import LineTail
    from gradtui.runstore.format.run_header import machine
    from gradtui.runstore.ranks.process_status import RUNNING, ranks_status, read_ranks

    try:
        ranks = read_ranks(directory)
        mine = [rank for rank in ranks if rank.header.machine == machine()]
        if not mine:
            return []
        told = [LineTail(rank.events.path).poll() for rank in mine]
        states = ranks_status(mine, told, 0.0).ranks
    except (GradtuiError, OSError):
        return []
    found = []
    for rank, status in zip(mine, states, strict=True):
        if status.state == RUNNING:
            waiting = rank.header.launcher.get("pid", 0) if attached_run(directory) else 0
            found.append(rank.header.pid or int(waiting))
    return [pid for pid in found if pid]
