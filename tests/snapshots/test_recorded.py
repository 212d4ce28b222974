"""Pictures of recorded runs: watched live, over, played again."""

from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from gradtui.app.watched_run import Mode, WatchedRun
from gradtui.commands.run_screen import as_scenario, command_of
from gradtui.runstore.reader.load import load_facts
from gradtui.runstore.reader.replay import Replay
from gradtui.runstore.reader.run_reader import RunReader
from tests import factories
from tests.app.playing import until
from tests.app.test_watched import FakeChild
from tests.snapshots.recordings import BROKEN
from tests.snapshots.still import SMALL, USUAL, Picture, StillApp, settled, sizes

COMMAND = "python train.py --lr 0.1"


def live(tmp_path: Path, child: FakeChild | None = None) -> StillApp:
    """A command that is training, with what it has printed."""
    losses = [f"epoch {i:2}  loss {2.3 * 0.985 ** (10 * i):.3f}\n" for i in range(13)]
    (tmp_path / "output.log").write_text("reading data\n" + "".join(losses))
    watched = WatchedRun("run" if child else "attach", tmp_path, COMMAND, child=child)
    story = factories.scenario("train", title=COMMAND, story="", remedies=())
    return StillApp("train", catalogue=[story], watched=watched)


@sizes(USUAL, SMALL)
def test_live(size: tuple[int, int], picture: Picture, tmp_path: Path) -> None:
    """The output is below the layers, or the last of the tabs."""
    app = live(tmp_path)

    async def act(pilot: Pilot[Any]) -> None:
        await app.play(pilot)
        await pilot.press("shift+tab")
        await settled(pilot, "epoch 12")

    picture(app, size, act)


@sizes(SMALL)
def test_quitting(size: tuple[int, int], picture: Picture, tmp_path: Path) -> None:
    app = live(tmp_path, FakeChild())

    async def act(pilot: Pilot[Any]) -> None:
        await app.play(pilot)
        await pilot.press("q")
        await settled(pilot, "leave it running")

    picture(app, size, act)


def over(directory: Path, source: Any, mode: Mode, **wishes: Any) -> StillApp:
    """A run that is on disk."""
    watched = WatchedRun(
        mode, directory, command_of(directory), whole=lambda: load_facts(directory), **wishes
    )
    story = as_scenario(directory)
    return StillApp(story.name, source, [story], watched=watched)


@sizes(USUAL)
def test_failed(size: tuple[int, int], picture: Picture, runs: Path) -> None:
    app = over(runs / BROKEN, RunReader(runs / BROKEN, look=0.0), "attach")

    async def act(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: app.session.current.over or app.tick())
        await settled(pilot, "AssertionError: loss is nan")

    picture(app, size, act)


@sizes(SMALL)
def test_replayed(size: tuple[int, int], picture: Picture, runs: Path) -> None:
    """Held where the doctor first alarmed."""
    app = over(runs / BROKEN, Replay(runs / BROKEN, clock=lambda: 0.0), "replay", at="alarm")

    async def act(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: app.session.current.live_step > 0 or app.tick())
        app.now += 60  # time enough for the doctor to have been asked
        await settled(pilot, "EXPLODING GRADIENT  layers 1-8 of 12")

    picture(app, size, act)
