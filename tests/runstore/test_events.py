"""events.jsonl says what changed, and stays small whatever a program does at every step."""

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gradtui.core.snapshot import Snapshot
from gradtui.runstore.writer.event_log import EventLog
from gradtui.runstore.writer.step_changes import Changes, clip_state, worth_telling
from tests.runstore.recorded import record, snap

NAN = float("nan")


def told(snapshots: Iterable[Snapshot], *kinds: str) -> list[tuple[Any, ...]]:
    changes = Changes()
    lines = [line for one in snapshots for line in changes.lines(one)]
    return [tuple(line.values()) for line in lines if line["kind"] in kinds]


def test_a_row_of_skipped_steps_is_its_first_and_its_end() -> None:
    skipped = {2, 3, 4, 9}
    taken = [snap(i, skipped=i in skipped, slow=False) for i in range(12)]
    assert told(taken, "skipped", "taken") == [
        ("skipped", 2, 0),
        ("taken", 5, 0, 3),
        ("skipped", 9, 0),
        ("taken", 10, 0, 1),
    ]


def test_clipping_is_told_where_it_begins_and_ceases() -> None:
    coefficients = [NAN, NAN, 1.0, 1.0, 0.5, 0.25, 1.0, NAN]
    taken = [replace(snap(i, slow=False), clip_coefficient=c) for i, c in enumerate(coefficients)]
    found = told(taken, "clip")
    assert [(step, state, steps) for _, step, _, state, _, steps in found] == [
        (2, "idle", 2),
        (4, "active", 2),
        (6, "idle", 2),
        (7, "off", 1),
    ]
    assert [clip_state(c) for c in (NAN, 0.0, 0.99, 1.0, 3.0)] == [
        *("off", "active", "active", "idle", "idle"),
    ]


def test_loss_scales_and_optimizers_each_for_itself() -> None:
    scales = [65536.0, 128.0, 65536.0, 128.0, 32768.0, 128.0]
    taken = [
        replace(snap(i, slow=False), loss_scale=s, optimizer=i % 2) for i, s in enumerate(scales)
    ]
    found = told(taken, "loss_scale")
    assert [line[:4] for line in found] == [
        ("loss_scale", 0, 0, 65536.0),
        ("loss_scale", 1, 1, 128.0),
        ("loss_scale", 4, 0, 32768.0),
    ]
    assert found[2][4] == 65536.0


@pytest.mark.parametrize("period", [1, 2, 3])
def test_a_program_that_skips_and_clips_for_ever_fills_no_disk(tmp_path: Path, period: int) -> None:
    def forever() -> Iterable[Snapshot]:
        one = snap(0, slow=False)
        for step in range(30_000):
            skipped = step % period == 0
            yield replace(
                one,
                step=step,
                skipped=skipped,
                clip_coefficient=0.5 if skipped else 1.0,
                loss_scale=2.0 if skipped else 4.0,
                optimizer=step // 6 % 40,
            )

    record(tmp_path / "r", forever(), queue=1 << 30)
    assert (tmp_path / "r" / "events.jsonl").stat().st_size < 1 << 20
    assert worth_telling(1 << 40)
    assert not worth_telling((1 << 40) + 1)


def test_what_is_lost_is_told_when_it_is_news_and_in_the_end() -> None:
    log = EventLog(0)
    written = []
    for count in range(100_000):
        log.lost(count, 0, "full")
        written += log._lines
        log._lines.clear()
    log.lost(99_999, 0, "full", last=True)
    written += log._lines
    counts = [json.loads(line)["count"] for line in written]
    assert len(counts) < 150
    assert counts[:3] == [1, 2, 3]
    assert counts[-1] == 99_999
