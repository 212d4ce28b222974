"""Runs that are begun again: ranks of one start belong together, and what came before is told."""

from pathlib import Path

import pytest

from gradtui.core.event import Ended, Failed
from gradtui.core.rank_facts import Attempt, restarted
from gradtui.doctor.diagnose import diagnose
from gradtui.runstore.format.run_header import Header
from gradtui.runstore.ranks.attempts import together
from gradtui.runstore.ranks.process_status import read_attempts, read_ranks, status
from gradtui.runstore.reader.load import load_facts
from gradtui.runstore.reader.run_reader import RunReader
from tests.runstore.recorded import record, snap

DONE = Ended(0, 9, "finished")


def header(rank: int, started: float, world: int = 2, restart: int = 0, attempt: int = 0) -> Header:
    return Header(rank=rank, started=started, world_size=world, restart=restart, attempt=attempt)


def grouped(*headers: Header) -> list[list[tuple[int, float]]]:
    return [[(headers[i].rank, headers[i].started) for i in g] for g in together(headers)]


def test_a_rank_that_had_no_step_is_in_the_start_that_it_was_in() -> None:
    """Rank 1 fails before its first step, is started again, and its files are its first."""
    assert grouped(
        header(0, 1.0), header(1, 5.0, restart=1, attempt=1), header(0, 6.0, restart=1, attempt=1)
    ) == [[(0, 1.0)], [(0, 6.0), (1, 5.0)]]


def test_without_a_count_a_rank_that_comes_again_begins_another() -> None:
    assert grouped(header(0, 1.0), header(1, 1.5), header(1, 7.0), header(0, 7.5)) == [
        [(0, 1.0), (1, 1.5)],
        [(0, 7.5), (1, 7.0)],
    ]


def test_a_machine_that_joins_makes_it_another() -> None:
    """torchrun starts all again, and does not count it. The new rank may be the first to come."""
    joined = [header(2, 9.0, world=3), header(0, 9.1, world=3), header(1, 9.2, world=3)]
    assert grouped(header(0, 1.0), header(1, 1.0), *joined) == [
        [(0, 1.0), (1, 1.0)],
        [(0, 9.1), (1, 9.2), (2, 9.0)],
    ]


def test_what_is_said_of_it() -> None:
    ended, killed = Attempt(1, 9, ended=True), Attempt(2, 4)
    failed = Attempt(2, 7, "rank 1: RuntimeError: \x1b[2J" + "x" * 500)
    assert restarted(()) == ""
    assert restarted((ended,)) == ""  # another program of the same command
    assert "begun again once, the last time after step 4:" in restarted((killed,))
    assert "begun again once" in restarted((ended,), shown=1)
    words = restarted((killed, failed), shown=2)
    assert words.startswith("begun again 2 times, the last time after step 7 (rank 1: RuntimeError")
    assert words.isprintable()
    assert len(words) < 300
    assert "before the first step" in restarted((Attempt(1, -1),))
    assert restarted((), shown=2).startswith(
        "begun again 2 times, the last time before the first step:"
    )
    assert restarted((killed,), shown=100).startswith("begun again once,")


def three_starts(run: Path) -> None:
    """Rank 1 has no step in the first, fails in the second, and all is well in the third."""
    record(run, [snap(i) for i in range(5)], rank=0, world_size=2)
    record(run, [snap(i) for i in range(9)], rank=0, world_size=2, restart=1)
    failure = Failed(0, 7, "RuntimeError: a socket", "")
    record(run, [*(snap(i) for i in range(8)), failure], rank=1, world_size=2, restart=1)
    for rank in range(2):
        taken = [snap(i) for i in range(30)]
        record(run, [*taken, DONE], rank=rank, world_size=2, restart=2)


def test_three_starts_of_two_ranks(tmp_path: Path) -> None:
    run = tmp_path / "r"
    three_starts(run)
    assert [[rank.label for rank in ranks] for ranks in read_attempts(run)] == [
        ["0"],
        ["0.1", "1.1"],
        ["0.2", "1.2"],
    ]
    assert status(run).missing == ()
    facts = load_facts(run)
    assert facts.steps.tolist() == list(range(30))
    assert facts.ranks is not None
    assert facts.ranks.attempts == (
        Attempt(1, 4, "", True, 0),
        Attempt(2, 7, "rank 1: RuntimeError: a socket", True, 1),
    )
    note = "begun again 2 times, the last time after step 7 (rank 1: RuntimeError: a socket)"
    assert any(note in said for said in diagnose(facts).notes)
    reader = RunReader(run)
    reader.poll()
    assert any(note in said for said in reader.rank_notes)


def test_a_restart_while_it_is_watched(tmp_path: Path) -> None:
    """The ranks come one by one; nothing of the attempt before is shown among theirs."""
    run = tmp_path / "r"
    for rank in range(2):
        record(run, [snap(i) for i in range(6)], rank=rank, world_size=2)
    reader = RunReader(run, look=0.0)
    assert [s.step for s in reader.poll().snapshots] == list(range(6))
    assert reader.rank_notes == ()
    record(run, [snap(i) for i in range(3)], rank=1, world_size=2, restart=1)
    assert [s.step for s in reader.poll().snapshots] == [0, 1, 2]
    assert reader.ranks.missing == (0,)
    record(run, [snap(i) for i in range(4)], rank=0, world_size=2, restart=1)
    reader.poll()
    assert reader.ranks.missing == ()
    assert [rank.label for rank in read_ranks(run)] == ["0.1", "1.1"]
    assert any("begun again once" in note for note in reader.rank_notes)


@pytest.mark.parametrize("count", [3, 70_000])
def test_files_are_called_as_the_launcher_counts(tmp_path: Path, count: int) -> None:
    for _ in range(2):
        record(tmp_path / "r", [snap(0)], restart=count)
    first = min(count, 5_000)
    names = [path.name for path in (tmp_path / "r").glob("run*.json")]
    assert sorted(names) == sorted(f"run-0.{first + i}.json" for i in range(2))
