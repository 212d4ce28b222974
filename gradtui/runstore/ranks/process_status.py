"""Is it still training? Told from files alone, and from the process table where it is ours."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gradtui.core.errors import GradtuiError
from gradtui.core.text import printable
from gradtui.runstore.files.reading import look_at
from gradtui.runstore.format.file_names import LABEL
from gradtui.runstore.format.json_lines import LineTail
from gradtui.runstore.format.run_header import Header, machine
from gradtui.runstore.ranks.attempts import together
from gradtui.runstore.ranks.rank_files import RankFiles, labels
from gradtui.runstore.writer.launch_record import exit_code

RUNNING, ENDED, CRASHED, LOST = "running", "ended", "crashed", "lost"
LAG = 2.0
"""Seconds of training by which a rank may be behind the others."""
SILENT = 15.0
"""Seconds without a sign of life after which a process on another machine counts as lost."""


@dataclass(frozen=True, slots=True)
class RankStatus:
    """One rank: its last step on disk, seconds since its last sign of life, its state."""

    rank: int
    last_step: int
    age: float
    state: str
    host: str = ""
    pid: int = 0
    lagging: bool = False
    """Running, but others are ahead of it by more than LAG seconds of training."""
    behind: int = 0
    """Steps by which another rank is ahead."""

    @property
    def words(self) -> str:
        """ "rank 3: lost, last seen at step 812, 40 s ago"."""
        state = "lagging" if self.lagging else self.state
        return f"rank {self.rank}: {state}, at step {self.last_step:,}, seen {self.age:.0f} s ago"


@dataclass(frozen=True, slots=True)
class Ranks:
    """All ranks of a run, lowest first; `missing` are those that have never been seen, `waited` the
    seconds since the first of the others began."""

    ranks: tuple[RankStatus, ...] = ()
    missing: tuple[int, ...] = ()
    waited: float = 0.0

    @property
    def troubled(self) -> tuple[RankStatus, ...]:
        """Those that are lost, crashed or lag behind."""
        return tuple(r for r in self.ranks if r.lagging or r.state in (LOST, CRASHED))

    @property
    def state(self) -> str:
        """Of the run: running while any rank does, else the worst of them."""
        states = {rank.state for rank in self.ranks}
        return next((s for s in (RUNNING, CRASHED, LOST, ENDED) if s in states), LOST)


def alive(pid: int, where: str) -> bool | None:
    """Whether a process is there; None where it is on a machine that cannot be asked."""
    if not 0 < pid < 1 << 31 or not where or where != machine():
        return None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    try:  # a zombie has ended, though nobody has asked for its exit code yet
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (OSError, IndexError):
        return True


def rank_state(
    header: Header, told: Sequence[dict[str, Any]], age: float, code: int | None = None
) -> str:
    """`told`: the rank's events so far; `code`: what the whole command exited with."""
    kinds = [line.get("kind") for line in told]
    if "failed" in kinds:
        return CRASHED
    if "ended" in kinds or "closed" in kinds:
        return ENDED
    if code is not None:
        return CRASHED if code else ENDED
    there = alive(header.pid or _launcher_pid(header), header.machine)
    if there is None:
        there = age < SILENT
    return RUNNING if there else LOST


def _launcher_pid(header: Header) -> int:
    pid = header.launcher.get("pid", 0)
    return pid if isinstance(pid, int) else 0


def age_of(rank: RankFiles, now: float) -> float:
    """Seconds since a rank last wrote or touched its steps file; since its start without one."""
    try:
        return max(now - look_at(rank.steps_path).st_mtime, 0.0)
    except OSError:
        return max(now - rank.header.started, 0.0)


def read_ranks(directory: Path) -> list[RankFiles]:
    """The ranks of the newest attempt that has taken steps, lowest first.

    Raises GradtuiError where there is none that can be read.
    """
    return read_attempts(directory)[-1]


def read_attempts(directory: Path) -> list[list[RankFiles]]:
    """The ranks of each attempt that has taken steps, oldest first; else those that are about to.

    Raises GradtuiError where there is none that can be read.
    """
    found: list[RankFiles] = []
    problem: GradtuiError | None = None
    for label in labels(directory):
        if not LABEL.fullmatch(label):
            continue
        try:
            found.append(RankFiles(directory, label))
        except GradtuiError as error:
            problem = error
    if not found:
        raise problem or GradtuiError(
            f"{printable(str(directory))} holds no run: it has no run.json"
        )
    begun = [rank for rank in found if rank.header.generations] or found
    return [[begun[i] for i in group] for group in together([rank.header for rank in begun])]


def status(directory: Path | str, now: float | None = None) -> Ranks:
    """How the ranks of a run are. Raises GradtuiError where the directory holds no run."""
    ranks = read_ranks(Path(directory))
    told = [LineTail(rank.events.path).poll() for rank in ranks]
    return ranks_status(ranks, told, time.time() if now is None else now)


def may_be_running(directory: Path) -> bool:
    """Whether somebody may still write to a run. Of one whose header cannot be read nobody knows: then
    it may for as long as a file of it has changed within SILENT seconds."""
    try:
        return status(directory).state == RUNNING
    except GradtuiError:
        try:
            with os.scandir(directory) as entries:
                newest = max((e.stat(follow_symlinks=False).st_mtime for e in entries), default=0.0)
        except OSError:
            return False
        return time.time() - newest < SILENT


def ranks_status(
    ranks: Sequence[RankFiles],
    told: Sequence[Sequence[dict[str, Any]]],
    now: float,
    silence: Sequence[float] | None = None,
) -> Ranks:
    """`told`: the events of each rank so far; `silence`: seconds since each one's last sign of life,
    where that is known better than from the times of files."""
    latest = [rank.newest for rank in ranks]
    steps = [int(last["step"][0]) if len(last) else -1 for last in latest]
    front = max(steps, default=-1)
    first = steps.index(front) if ranks else 0
    out = []
    code = exit_code(ranks[0].directory) if ranks else None
    for i, (rank, events, step) in enumerate(zip(ranks, told, steps, strict=True)):
        age = age_of(rank, now)
        header = rank.header
        state = rank_state(header, events, age if silence is None else silence[i], code)
        late = 0.0
        if state == RUNNING and step < front - 1:
            late = float(latest[first]["time"][0]) - _reached(ranks[first], step + 1)
            if header.machine == machine() and len(latest[i]):  # one clock
                late = max(late, now - float(latest[i]["time"][0]))
        out.append(
            RankStatus(
                header.rank,
                step,
                age,
                state,
                header.host,
                header.pid,
                lagging=late > LAG,
                behind=front - step,
            )
        )
    world = max((rank.header.world_size for rank in ranks), default=0)
    seen = {rank.header.rank for rank in ranks}
    missing = tuple(r for r in range(min(world, 4096)) if r not in seen)
    begun = min((rank.header.started for rank in ranks), default=now)
    return Ranks(tuple(out), missing if any(r.layout for r in ranks) else (), max(now - begun, 0.0))


def _reached(rank: RankFiles, step: int) -> float:
    """When a rank took a step, seconds since 1970 by its own clock."""
    found = rank.steps.first_from(step)
    return float(found["time"][0]) if len(found) else float("inf")
