"""Ranks that die, lag, are elsewhere or never come: the others go on, and it is said in words."""

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradtui.core.event import Ended
from gradtui.runstore.format.file_names import header_name
from gradtui.runstore.format.records import STEP
from gradtui.runstore.ranks.process_status import SILENT, Ranks, RankStatus, status
from gradtui.runstore.ranks.rank_notes import MOST, rank_words
from gradtui.runstore.reader.run_reader import RunReader
from gradtui.runstore.writer.run_writer import RunWriter
from tests.factories import run_info
from tests.runstore.recorded import LAYOUT, record, snap, wait_for

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")


def rank(number: int, step: int = 420, state: str = "running", behind: int = 0) -> RankStatus:
    return RankStatus(number, step, 1.0, state, lagging=behind > 0, behind=behind)


@pytest.mark.parametrize(
    ("ranks", "words"),
    [
        (Ranks((rank(0), rank(1))), []),
        (Ranks(), []),
        (Ranks((rank(0, state="lost"),)), []),
        (Ranks((rank(0), rank(1, state="lost"))), ["rank 1: dead since step 420"]),
        (Ranks((rank(0), rank(1, -1, "lost"))), ["rank 1: dead before its first step"]),
        (Ranks((rank(0), rank(3, behind=120))), ["rank 3: 120 steps behind"]),
        (Ranks((rank(0), rank(3, behind=1))), ["rank 3: 1 step behind"]),
        (Ranks((rank(0, state="crashed"), rank(1))), ["rank 0: crashed at step 420"]),
        (Ranks((rank(0),), (1,), 3.0), ["waiting for rank 1"]),
        (Ranks((rank(0),), (1, 2, 4), 3.0), ["waiting for ranks 1, 2, 4"]),
        (Ranks((rank(0),), (2,), 60.0), ["rank 2: never started"]),
        (
            Ranks((rank(0), *(rank(i, state="lost") for i in (3, 4, 5, 9))), (1, 2, 6), 60.0),
            ["ranks 3-5, 9: dead since step 420", "ranks 1, 2, 6: never started"],
        ),
    ],
)
def test_words(ranks: Ranks, words: list[str]) -> None:
    assert rank_words(ranks) == words


def test_many_troubles_are_few_notes() -> None:
    words = rank_words(Ranks(tuple(rank(i, i, "lost") for i in range(1000))))
    assert len(words) == MOST
    assert words[-1] == "and 995 more"


def forked(work: Callable[[], None]) -> int:
    """A process that does `work` and is gone."""
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    return child


def train(run: Path, number: int, world: int) -> None:
    writer = RunWriter(run, LAYOUT, run_info(), rank=number, world_size=world, flush=0.02)
    for step in range(100_000):
        writer.put(snap(step, slow=False))
        time.sleep(0.005)


def test_a_rank_is_killed_and_the_other_goes_on(tmp_path: Path) -> None:
    run = tmp_path / "r"
    pids = [forked(lambda number=i: train(run, number, 2)) for i in range(2)]  # type: ignore[misc]
    try:
        wait_for(lambda: len(list(run.glob("tensors-*-0.bin"))) == 2)
        reader = RunReader(run, look=0.05, patience=0.5)
        got = [s.step for s in reader.poll().snapshots]
        assert reader.rank_notes == ()
        os.kill(pids[1], signal.SIGKILL)
        os.waitpid(pids[1], 0)
        last = status(run).ranks[1].last_step

        def gone_on() -> bool:
            got.extend(s.step for s in reader.poll().snapshots)
            return got[-1:] > [last + 100]

        wait_for(gone_on)
        assert got == list(range(len(got)))
        assert reader.rank_notes == (f"rank 1: dead since step {last}",)
        assert reader.ranks.state == "running"
    finally:
        os.kill(pids[0], signal.SIGKILL)
        os.waitpid(pids[0], 0)
    wait_for(lambda: reader.poll() is not None and reader.ranks.state == "lost")
    assert [note.split(":")[0] for note in reader.rank_notes] == ["rank 0", "rank 1"]


def edit(run: Path, label: str, **changes: Any) -> None:
    path = run / ("run.json" if label == "0" else f"run-{label}.json")
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def beside(run: Path, steps: tuple[int, ...], every: float = 0.01) -> None:
    """Ranks of another machine that are each at some step, `every` seconds apart, and say no end."""
    for number, count in enumerate(steps):
        record(run, [snap(i) for i in range(count)], rank=number, world_size=len(steps))
        path = run / f"steps-{number}.bin"
        found = np.fromfile(path, STEP)
        found["time"] = 1e9 + every * found["step"]
        found.tofile(path)
        edit(run, str(number), machine="elsewhere")
        (run / ("events.jsonl" if number == 0 else f"events-{number}.jsonl")).unlink()


@pytest.mark.parametrize(("behind", "lagging"), [(150, False), (250, True)])
def test_behind_is_counted_in_steps_and_judged_in_seconds(
    tmp_path: Path, behind: int, lagging: bool
) -> None:
    beside(tmp_path / "r", (400, 400, 400 - behind))
    reader = RunReader(tmp_path / "r")
    assert reader.ranks.ranks[2].behind == behind
    assert reader.rank_notes == ((f"rank 2: {behind} steps behind",) if lagging else ())


def test_a_rank_elsewhere_is_judged_by_its_sign_of_life_whatever_the_clocks(
    tmp_path: Path,
) -> None:
    run = tmp_path / "r"
    beside(run, (10, 10))
    now = [1000.0]

    def beat(*numbers: int) -> None:
        nonlocal moment
        moment += 1
        for number in numbers:
            os.utime(run / f"steps-{number}.bin", (moment, moment))

    moment = time.time() - 86_400  # their file server's clock is a day late
    beat(0, 1)
    reader = RunReader(run, look=0.0, clock=lambda: now[0])
    for _ in range(5):
        now[0] += 1.0
        beat(0, 1)
        assert not any(isinstance(e, Ended) for e in reader.poll().events)
        assert reader.rank_notes == ()
    for _ in range(int(SILENT) + 1):
        now[0] += 1.0
        beat(0)
        reader.poll()
    assert reader.rank_notes == ("rank 1: dead since step 9",)
    assert reader.ranks.state == "running"
    beat(1)
    reader.poll()
    assert reader.rank_notes == (), "it was the network"


def test_a_rank_elsewhere_that_was_dead_before_is_found_so_within_seconds(tmp_path: Path) -> None:
    run = tmp_path / "r"
    beside(run, (10, 10))
    for number in range(2):
        os.utime(run / f"steps-{number}.bin", (1e9, 1e9))
    assert status(run).state == "lost"
    now = [0.0]
    reader = RunReader(run, look=0.0, clock=lambda: now[0])
    reader.poll()
    assert reader.rank_notes == ()
    now[0] = 4.0
    reader.poll()
    assert reader.rank_notes == ("ranks 0, 1: dead since step 9",)


def test_more_ranks_than_streams(tmp_path: Path) -> None:
    run = tmp_path / "r"
    record(run, [snap(i) for i in range(3)], rank=0, world_size=3)
    assert RunReader(run).rank_notes == ("waiting for ranks 1, 2",)
    edit(run, "0", started=time.time() - 60)
    assert RunReader(run).rank_notes == ("ranks 1, 2: never started",)


def test_notes_cost_nothing_to_ask_for(tmp_path: Path) -> None:
    record(tmp_path / "r", [snap(0)], world_size=2)
    reader = RunReader(tmp_path / "r")
    assert reader.rank_notes is reader.rank_notes


def test_of_ranks_that_have_ended_none_is_said_to_be_dead(tmp_path: Path) -> None:
    """Their processes are gone; that they have closed their files is read a moment later."""
    for rank in range(2):
        record(tmp_path / "r", [snap(0)], rank=rank, world_size=2)
        header = tmp_path / "r" / header_name(str(rank))
        header.write_text(header.read_text().replace(f'"pid": {os.getpid()}', '"pid": 4194000'))
    reader = RunReader(tmp_path / "r")
    assert reader.rank_notes == ()
    reader.poll()
    assert reader.rank_notes == ()
    assert reader.ranks.state == "ended"
