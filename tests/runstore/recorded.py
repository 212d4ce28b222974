"""Runs written to a directory, for the tests beside."""

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from gradtui.core.event import Event, RunInfo
from gradtui.core.facts import PER_STEP, Facts
from gradtui.core.history import History
from gradtui.core.layout import Layout
from gradtui.core.snapshot import Snapshot
from gradtui.runstore.writer.run_writer import RunWriter
from tests.factories import mlp_layout, run_info, snapshot

ROWS = 3
LAYOUT = mlp_layout(ROWS)


def snap(step: int, norm: float = 1.0, layout: Layout = LAYOUT, **changes: Any) -> Snapshot:
    changes.setdefault("slow", step % 5 == 0)
    return snapshot(layout, step, np.full(len(layout.rows), norm + step), **changes)


def record(
    directory: Path,
    things: Iterable[Snapshot | Event],
    layout: Layout = LAYOUT,
    info: RunInfo | None = None,
    **options: Any,
) -> RunWriter:
    """Write a run and close it; the writer, for its counters."""
    writer = RunWriter(directory, layout, info or run_info(), flush=0.01, **options)
    for thing in things:
        if isinstance(thing, Snapshot):
            writer.put(thing)
        else:
            writer.tell(thing)
    assert writer.close(30)
    return writer


def remembered(snapshots: Iterable[Snapshot], layout: Layout = LAYOUT) -> Facts:
    """The facts of the same snapshots that never were on disk."""
    history = History(layout, run_info(), capacity=1 << 14)
    for one in snapshots:
        history.append(one)
    return history.facts()


def same(one: Facts, other: Facts) -> None:
    """Assert that two stretches of facts agree to the bit."""
    for name in PER_STEP:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    assert one.layout == other.layout
    assert one.info == other.info
    assert one.first_nonfinite == other.first_nonfinite


def wait_for(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def files(directory: Path) -> dict[str, int]:
    """Name -> permission bits of everything in a directory."""
    return {path.name: path.stat().st_mode & 0o777 for path in directory.iterdir()}
