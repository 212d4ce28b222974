"""Recorded runs that are laid over one another, for the tests of that."""

import math
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from gradtui.app.followed_runs import FollowedRuns, RunToFollow
from gradtui.app.overlay_app import OverlayApp
from gradtui.app.view import View
from gradtui.commands.run_screen import scenario_of
from gradtui.core.event import Ended, Event
from gradtui.core.snapshot import Snapshot
from gradtui.runstore.reader.run_reader import RunReader
from tests.app.playing import until
from tests.runstore.recorded import LAYOUT, record, snap
from tests.runstore.test_metrics import queued, row

BEGAN = 1_764_000_000.0


def recorded(
    directory: Path,
    steps: int = 60,
    loss: Callable[[int], float] = lambda step: 2.0 * 0.97**step,
    *,
    logged: str = "val/loss",
    began: float = BEGAN,
    each: float = 0.5,
    over: bool = True,
) -> Path:
    """A run whose steps are `each` seconds apart, with one metric, under a name of its own where one is
    given."""
    taken = [
        replace(snap(step, loss=loss(step)), time=began + each * step) for step in range(steps)
    ]
    rows = [row(logged, step, 3.0 + step) for step in range(0, steps, 10)] if logged else []
    things: list[Snapshot | Event] = [*taken, *([Ended(1, steps, "finished")] if over else [])]
    record(directory, things, LAYOUT, metrics=queued(*rows), command=["python", "train.py"])
    return directory


def sick(step: int) -> float:
    """Finite up to step 30."""
    return 3.0 if step < 30 else math.nan


def to_follow(path: Path, name: str = "") -> RunToFollow:
    return RunToFollow(
        name or path.name,
        path,
        scenario_of(path, path.name),
        lambda: RunReader(path, look=0.0),
    )


def following(paths: Sequence[Path], **look: Any) -> FollowedRuns:
    return FollowedRuns([to_follow(path) for path in paths], View(**look))


@asynccontextmanager
async def overlaying(
    paths: Sequence[Path], size: tuple[int, int] = (110, 30), **wishes: Any
) -> AsyncIterator[tuple[OverlayApp, Pilot[None]]]:
    """The app on runs, all of them read."""
    look = {"ascii_only": wishes.get("ascii_only", False)}
    app = OverlayApp(following(paths, **look), fps=10, **wishes)
    async with app.run_test(size=size, notifications=True) as pilot:
        await until(pilot, lambda: all(run.read for run in app.runs.runs))
        await until(pilot, lambda: len(app.charts.runs) == len(paths))
        yield app, pilot
