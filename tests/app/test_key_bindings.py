"""Every key in every mode, at every stage of a run, wherever the view stands: none of them raises."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from textual.pilot import Pilot

from gradtui.app.app import GradtuiApp
from gradtui.app.key_bindings import KEYS
from gradtui.app.screens.main import MainScreen
from gradtui.app.watched_run import Mode, WatchedRun
from gradtui.core.control import Control, Start
from gradtui.core.event import Building, Ended, Event, Failed, Paused, Resumed, Started
from gradtui.core.history import CAPACITY
from gradtui.core.layout import Layout
from gradtui.core.snapshot import NonFinite, Snapshot
from gradtui.runstore.reader.load import load_facts
from gradtui.runstore.reader.replay import Replay
from gradtui.runstore.writer.launch_record import record_exit, record_launch
from gradtui.runstore.writer.ports import Delivery, Source
from tests import factories
from tests.app.fake_source import scenario
from tests.app.playing import until
from tests.runstore.recorded import record

LAYOUT = factories.mlp_layout(3)
STORY = scenario("recorded", "python train.py")
ACTIONS = tuple(
    action
    for action in dict.fromkeys([key.action for key in KEYS] + ["remedy(0)", "remedy(1)"])
    if action not in ("quit", "suspend_process", "next_theme")
)


@dataclass(frozen=True)
class Stage:
    """How far a run has come. `steps` None: nothing is known of it, not even its layers."""

    steps: Callable[[int], Iterable[Snapshot]] | None
    ending: Event | None = None
    ranks: tuple[str, ...] = ()
    layout: Layout = LAYOUT


def snap(run: int, step: int, **changes: object) -> Snapshot:
    norms = np.full(len(LAYOUT.rows), 0.1)
    return factories.snapshot(LAYOUT, step, norms, run=run, slow=step % 5 == 0, **changes)  # type: ignore[arg-type]


def plain(count: int) -> Callable[[int], Iterable[Snapshot]]:
    return lambda run: (snap(run, step) for step in range(count))


def in_turns(run: int) -> Iterator[Snapshot]:
    """Two optimizers, each with tensors of its own."""
    own = np.array([tensor.row == 2 for tensor in LAYOUT.tensors])
    for step in range(30):
        one = replace(snap(run, step), optimizer=step % 2)
        one.grads[own if step % 2 else ~own] = np.nan
        yield one


def with_gaps(run: int) -> Iterator[Snapshot]:
    """Steps far apart, some of which were not measured, and one whose loss nobody knows."""
    for step in (3, 4, 90, 400, 401, 7_000):
        one = snap(run, step, loss=float("nan") if step == 90 else None)
        if step in (4, 400, 7_000):
            one.grads[:] = np.nan
            one = replace(one, weights=None, activations=None, histograms=None)
        yield one


def gone_bad(run: int) -> Iterator[Snapshot]:
    for step in range(20):
        seen = NonFinite(step, "backward", "layers.1", "weight") if step == 12 else None
        yield snap(run, step, nonfinite=seen)


STAGES = {
    "nothing": Stage(None),
    "nothing, ended": Stage(None, Ended(1, 0, "finished")),
    "nothing, failed": Stage(None, Failed(1, 0, "it [b]broke", "")),
    "no step": Stage(plain(0)),
    "no tensor": Stage(plain(0), layout=Layout((), ())),
    "one step": Stage(plain(1)),
    "some": Stage(plain(30)),
    "ended": Stage(plain(30), Ended(1, 30, "finished")),
    "failed": Stage(gone_bad, Failed(1, 19, "it broke", "Traceback\nValueError: [x]")),
    "thinned": Stage(plain(CAPACITY + 3)),
    "two optimizers": Stage(in_turns),
    "ranks": Stage(plain(30), ranks=("rank 1: dead since step 12",)),
    "gaps": Stage(with_gaps),
}
TREATED = ("no step", "one step", "gaps", "failed")
"""Stages that are looked at with an untreated twin beside as well."""
UNLIKE = ("nothing, ended", "no step", "one step", "failed", "thinned", "two optimizers", "gaps")
"""Stages that are played again: those that differ for one who looks back."""


class Staged:
    """A source that has brought a run to a stage and brings no more."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.rank_notes = stage.ranks
        self._due: list[Delivery] = []

    def send(self, control: Control) -> str:
        match control:
            case Start(run=run, beside=beside):
                for number in [run] if beside is None else [beside.run, run]:
                    self._due.append(self._whole(number))
                self._run = run
            case _:
                name = type(control).__name__
                told = {"Pause": Paused(self._run, 0), "Resume": Resumed(self._run)}
                if name in told:
                    self._due.append(Delivery((told[name],), (), 0))
        return ""

    def _whole(self, run: int) -> Delivery:
        stage = self.stage
        ending = () if stage.ending is None else (replace(stage.ending, run=run),)  # type: ignore[call-arg]
        if stage.steps is None:
            return Delivery((Building(run, "building"), *ending), (), 0)
        started = Started(run, stage.layout, factories.run_info())
        return Delivery((started, *ending), tuple(stage.steps(run)), 0)

    def poll(self) -> Delivery:
        return self._due.pop(0) if self._due else Delivery((), (), 0)

    def close(self) -> None:
        """Nothing is open."""


@asynccontextmanager
async def opened(
    source: Source, mode: Mode, tmp_path: Path
) -> AsyncIterator[tuple[GradtuiApp, Pilot[None]]]:
    """The app with a timer so slow that all frames are those of the keys."""
    directory = tmp_path / "run"
    watched = WatchedRun(
        mode, directory, "python train.py", whole=lambda: load_facts(directory, CAPACITY)
    )
    app = GradtuiApp(
        source,
        [STORY, scenario("another")],
        scenario="recorded",
        watched=None if mode == "lab" else watched,
        export_dir=tmp_path,
        fps=0.01,
    )
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app._launched)
        yield app, pilot


async def press(app: GradtuiApp, action: str) -> None:
    """What the key would do, and the frame after it."""
    await app.run_action(action)
    while not app.screen.is_mounted:
        await asyncio.sleep(0)
    app.session.changed = True
    app.tick()


PLACES: dict[str, tuple[str, ...]] = {
    "live": (),
    "held": ("pause",),
    "held at the first": ("pause", "to_first"),
    "first": ("to_first",),
    "before the last": ("scrub(-1)",),
    "at the alarm": ("alarm",),
}
"""Where the view stands, and the keys that bring it there from the newest step."""

IN_TIME = ("pause", "step", "scrub", "leap", "to_first", "to_live", "alarm")
"""What depends on where the view stands."""


async def press_all(app: GradtuiApp, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every key wherever the view stands."""
    for action in ACTIONS:
        for there in PLACES.values() if action.startswith(IN_TIME) else [()]:
            with monkeypatch.context() as undrawn:
                undrawn.setattr(app, "tick", lambda: None)
                for step in ("to_live", *there):
                    await app.run_action(step)
            await press(app, action)
            while not isinstance(app.screen, MainScreen):
                await press(app, "escape")


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["lab", "attach"])
async def test_no_key_raises(mode: Mode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = Staged(Stage(None))
    async with opened(source, mode, tmp_path) as (app, pilot):
        treated = {f"{name}, treated": stage for name, stage in STAGES.items() if name in TREATED}
        for name, stage in (STAGES | (treated if mode == "lab" else {})).items():
            source.stage = stage
            app.session._begin(STORY, (0,) if name in treated else (), 7, float("-inf"))
            app.tick()
            await press_all(app, monkeypatch)
        await pilot.pause()
        assert app.crash is None


@pytest.mark.slow
@pytest.mark.parametrize("name", UNLIKE)
async def test_no_key_raises_in_a_replay(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage, directory = STAGES[name], tmp_path / "run"
    if stage.steps is None:
        directory.mkdir()
        record_launch(directory, ["python", "train.py"])
        record_exit(directory, 0)
    else:
        ending = [] if stage.ending is None else [stage.ending]
        record(directory, [*stage.steps(1), *ending], stage.layout)
    async with opened(Replay(directory, speed=1e-3), "replay", tmp_path) as (app, pilot):
        await press_all(app, monkeypatch)
        await pilot.pause()
        assert app.crash is None
