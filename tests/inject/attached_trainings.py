"""Trainings that were started plainly, by each launcher: attached to while they go, watched, let go of.

A training is of `tests/programs/paced*.py`. What it says at its end of losses, weights and random numbers is
held against one that nobody has attached to.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from gradtui.runstore.format.attach_json import DETACHED, read_answer
from gradtui.runstore.ranks.process_status import read_ranks, status
from gradtui.runstore.reader.open_run import open_run
from tests.inject.watched import PROGRAMS, program

WATCHED = 20
"""Steps that are recorded before a process is let go of, at least."""
PATIENCE = 240.0
"""Seconds that a training gets to begin, and to end."""
LOOK = 0.05
TORCHRUN = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
ACCELERATE = (
    *("-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2"),
    *("--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no"),
)
DEEPSPEED = ("-m", "deepspeed.launcher.runner", "--num_accelerators", "2")
LOOP = program("paced_loop")
MPI = ("mpirun", "--allow-run-as-root", "--oversubscribe", "-n", "2")


@dataclass(frozen=True, eq=False)
class Training:
    """How one is started: words behind the interpreter, or behind `before` and it."""

    name: str
    words: tuple[str, ...]
    ranks: int = 1
    package: str = ""
    """What has to be installed for it."""
    before: tuple[str, ...] = ()
    """A launcher that is no Python."""
    variables: Mapping[str, str] = field(default_factory=dict)
    of_rank: tuple[tuple[str, str], ...] = ()
    """Variables of rank and number of processes, where each is started by itself."""

    @property
    def missing(self) -> str:
        """Why it cannot be tried here; "" where it can."""
        if self.package and find_spec(self.package) is None:
            return f"{self.package} is not installed"
        if self.before and shutil.which(self.before[0]) is None:
            return f"there is no {self.before[0]}"
        return ""

    def commands(self, folder: Path) -> Iterator[tuple[list[str], dict[str, str]]]:
        """Of each process to be started its words and variables."""
        words = [word.replace("{folder}", str(folder)) for word in self.words]
        variables = os.environ | {"TRUTH": str(folder / "truth"), "PYTHONPATH": str(PROGRAMS)}
        variables |= {"OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore", **self.variables}
        for rank in range(self.ranks if self.of_rank else 1):
            of_rank = {name: word.format(rank) for name, word in self.of_rank}
            yield [*self.before, sys.executable, *words], variables | of_rank


TRAININGS = (
    Training("plain loop", (LOOP,)),
    Training("DataLoader workers", (LOOP, "workers")),
    Training("Trainer", (program("paced_trainer"),), package="transformers"),
    Training("Lightning", (program("paced_lightning"),), package="lightning"),
    Training("torchrun", (*TORCHRUN, LOOP, "group"), 2),
    Training("accelerate launch", (*ACCELERATE, LOOP, "accelerate"), 2, "accelerate"),
    Training(
        "deepspeed",
        (*DEEPSPEED, LOOP, "deepspeed"),
        2,
        "deepspeed",
        variables={"DS_ACCELERATOR": "cpu"},
    ),
    Training(
        "Ray Train",
        (program("paced_ray"), "{folder}/store"),
        2,
        "ray",
        variables={"RAY_USAGE_STATS_ENABLED": "0"},
    ),
    Training("mpirun", (LOOP, "group"), 2, before=MPI),
    Training(
        "variables of MPICH",
        (LOOP, "group"),
        2,
        of_rank=(("PMI_RANK", "{}"), ("PMI_SIZE", "2")),
    ),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one training that was attached to, all its ranks together."""

    why: str = ""
    """What went wrong, in a line; "" where nothing has."""
    attached: int = 0
    """Processes."""
    weights: bool = False
    """Whether weights, buffers, random numbers and every loss are those of the training left alone."""
    losses: bool = False
    """Whether the recorded losses are those that the program had at these steps."""
    traces: int = 0
    """What is left in the processes: hooks, patched functions, threads, names."""
    steps: int = 0
    """That were recorded."""
    stood_still: float = 0.0
    """Seconds, of the process that stood longest."""

    @property
    def good(self) -> bool:
        return not self.why and self.weights and self.losses and not self.traces


class TroubleError(Exception):
    """Something did not come, or did not go; in a line."""


def left_alone(training: Training, folder: Path) -> list[dict[str, Any]]:
    """What each rank says of itself where nobody attaches. Raises TroubleError."""
    folder.mkdir(parents=True)
    (folder / "hurry").touch()
    with started(training, folder) as ended:
        ended()
    return [_truth(folder, rank) for rank in range(training.ranks)]


def attached(training: Training, folder: Path, bare: list[dict[str, Any]]) -> Outcome:
    """One training, each of its processes attached to, watched for some steps and let go of."""
    folder.mkdir(parents=True)
    runs: list[Path] = []
    try:
        with started(training, folder) as ended:
            ranks = range(training.ranks)
            wait(lambda: all((folder / f"pid.{rank}").exists() for rank in ranks))
            pids = [int((folder / f"pid.{rank}").read_text()) for rank in ranks]
            stood = 0.0
            for pid in pids:
                runs.append(Path(attach(pid, folder, "--headless")))
                stood = max(stood, _stood(runs[-1]))
            wait(lambda: all(_taken(run) >= WATCHED for run in runs))
            for pid in pids:
                attach(pid, folder, "--detach")
            stood = max(stood, *map(_stood, runs))
            if not all(_state(run) == DETACHED for run in runs):
                raise TroubleError("not let go of while it trained")
            (folder / "hurry").touch()
            ended()
        truths = [_truth(folder, rank) for rank in ranks]
    except TroubleError as error:
        return Outcome(str(error), len(runs))
    return Outcome(
        "",
        len(runs),
        truths == bare,
        all(map(_as_recorded, runs, truths)),
        sum(sum(_traces(folder, rank).values()) for rank in ranks),
        sum(_taken(run) for run in runs),
        stood,
    )


@contextmanager
def started(training: Training, folder: Path) -> Iterator[Callable[[], None]]:
    """While it runs; what is given waits for its end, and raises TroubleError where that is no good one."""
    processes = []
    for number, (words, variables) in enumerate(training.commands(folder)):
        with (folder / f"output.{number}").open("wb") as output:
            processes.append(
                subprocess.Popen(
                    words,
                    env=variables,
                    cwd=folder,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                )
            )

    def ended() -> None:
        for number, process in enumerate(processes):
            try:
                code = process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                raise TroubleError("has not ended in time") from None
            if code:
                said = (folder / f"output.{number}").read_text(errors="replace").split("\n")
                words = next((line for line in reversed(said) if "Error" in line), "")
                raise TroubleError(f"ended by code {code}: {words}"[:300])

    try:
        yield ended
    finally:
        (folder / "hurry").touch()
        for process in processes:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def attach(pid: int, folder: Path, word: str) -> str:
    """`gradtui attach --pid` as a person has it: what it prints, the run's directory."""
    words = ["-m", "gradtui", "attach", "--pid", str(pid), word, "--overhead", "off"]
    words += ["--runs", str(folder / "runs")]
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise TroubleError(f"attach {word}: {done.stderr.strip()[-200:]}")
    return done.stdout.strip()


def wait(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > end:
            raise TroubleError("has not come so far in time")
        time.sleep(LOOK)


def _taken(run: Path) -> int:
    return max((rank.last_step + 1 for rank in status(run).ranks), default=0)


def _state(run: Path) -> str:
    answer = read_answer(run)
    return "" if answer is None else answer.state


def _stood(run: Path) -> float:
    answer = read_answer(run)
    return 0.0 if answer is None else answer.stood_still


def _truth(folder: Path, rank: int) -> dict[str, Any]:
    try:
        told: dict[str, Any] = json.loads((folder / f"truth.{rank}").read_text())
    except (OSError, ValueError):
        raise TroubleError(f"rank {rank} has said nothing at its end") from None
    return told


def _traces(folder: Path, rank: int) -> dict[str, int]:
    told: dict[str, int] = json.loads((folder / f"traces.{rank}").read_text())
    return told


def _as_recorded(run: Path, truth: dict[str, Any]) -> bool:
    """Whether the losses of a run are those that the program had from where it was attached to: a step
    that was under way just then is left out."""
    begun = read_ranks(run)[0].header.generations[-1].info.attached
    told = np.array([line["loss"] for line in truth["lines"]])
    found = open_run(run).loss
    if begun is None or begun < 0 or not len(found):
        return False
    parts = (told[at : at + len(found)] for at in (begun, begun + 1))
    right = any(len(one) == len(found) and np.allclose(found, one, 1e-6, 0.0) for one in parts)
    if not right:
        where = [np.flatnonzero(np.isclose(told, loss, 1e-6, 0.0)).tolist() for loss in found]
        print(
            f"attached after {begun} steps; recorded losses are of steps {where}", file=sys.stderr
        )
    return right


COLUMNS = (
    "training",
    "processes",
    "equal to the bit",
    "recorded losses right",
    "left behind",
    "steps recorded",
    "stood still, at most",
)


def row(training: Training, outcomes: Sequence[Outcome]) -> str:
    """A line of the table."""
    count = len(outcomes)
    still = 1000 * max((one.stood_still for one in outcomes), default=0.0)
    cells = (
        training.name,
        str(training.ranks),
        f"{sum(one.weights for one in outcomes)} of {count}",
        f"{sum(one.losses for one in outcomes)} of {count}",
        str(sum(one.traces for one in outcomes)),
        f"{sum(one.steps for one in outcomes):,}",
        f"{still:.0f} ms",
    )
    return "| " + " | ".join(cells) + " |"
