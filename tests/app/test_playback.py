"""A replay: its time, and the keys that move in it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from gradtui.app.alarm import first_alarm
from gradtui.app.app import GradtuiApp
from gradtui.app.playback import Playback
from gradtui.app.watched_run import WatchedRun
from gradtui.core.event import Ended, Failed
from gradtui.core.facts import Facts
from gradtui.core.snapshot import NonFinite
from gradtui.lab.scenario.schema import Scenario
from gradtui.runstore.reader.load import load_facts
from gradtui.runstore.reader.replay import Replay
from gradtui.runstore.writer.launch_record import record_exit, record_launch
from tests import factories
from tests.app.fake_source import scenario
from tests.app.playing import lines, toasts, until
from tests.runstore.recorded import record, snap

STEPS = 400
STORY: Scenario = scenario("recorded", "python train.py", remedies=0)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("runs") / "run"
    seen = NonFinite(250, "backward", "layers.1", "weight")
    snaps = (snap(i, nonfinite=seen if i == 250 else None) for i in range(STEPS))
    record(directory, [*snaps, Failed(1, STEPS - 1, "it broke", "Traceback\nValueError")])
    return directory


@asynccontextmanager
async def replaying(
    directory: Path, *, speed: float = 1e-3, **wishes: object
) -> AsyncIterator[tuple[GradtuiApp, Pilot[None]]]:
    watched = WatchedRun(
        "replay",
        directory,
        "python train.py",
        speed=speed,
        whole=lambda: load_facts(directory, 2048),
        **wishes,  # type: ignore[arg-type]
    )
    source = Replay(directory, speed=speed)
    app = GradtuiApp(source, [STORY], scenario="recorded", fps=20, watched=watched)
    async with app.run_test(size=(140, 45), notifications=True) as pilot:
        await until(pilot, lambda: app.session.current.live_step >= 0)
        yield app, pilot


def here(app: GradtuiApp) -> int:
    return app.session.current.live_step


async def test_keys_move_in_time(run: Path) -> None:
    async with replaying(run, at=0) as (app, pilot):
        for keys, step in (
            (["right_curly_bracket"] * 3, 57),
            (["right_square_bracket", "full_stop"], 59),
            (["left_square_bracket"] * 2, 57),
            (["left_curly_bracket"], 38),
            (["end"], STEPS - 1),
            (["home"], 0),
            (["l", "l", "0"], 0),
        ):
            for key in keys:
                await pilot.press(key)
                await pilot.pause(0.1)
            await until(pilot, lambda step=step: here(app) == step)
            assert len(app.session.current.history) == step + 1  # type: ignore[arg-type]
        assert f"step 0 of {STEPS - 1}" in lines(app)[1]
        assert "held" in lines(app)[0]


async def test_it_plays_at_a_speed_and_is_held(run: Path) -> None:
    async with replaying(run, speed=1000.0) as (app, pilot):
        await until(pilot, lambda: here(app) == STEPS - 1)
        await until(pilot, lambda: "failed" in lines(app)[0])
        await pilot.press("minus")
        assert "500 x the recorded speed" in toasts(app)[-1]
        await pilot.press("left_curly_bracket")
        await until(pilot, lambda: here(app) == STEPS - 1 - 19)
        await until(pilot, lambda: "held" in lines(app)[0])
        assert app.session.current.failure is None
        await pilot.press("space")
        await until(pilot, lambda: here(app) == STEPS - 1)
        await pilot.press("space")  # from the end it begins again
        await until(pilot, lambda: "playing" in lines(app)[0] or here(app) == STEPS - 1)


async def test_the_first_alarm(run: Path) -> None:
    async with replaying(run) as (app, pilot):
        await pilot.press("a")
        await until(pilot, lambda: here(app) == 250)
        assert "step 250" in " ".join(toasts(app))
        await until(pilot, lambda: "NON-FINITE" in lines(app)[2] or "NaN" in "".join(lines(app)))
        before = len([toast for toast in toasts(app) if "NaN" in toast])
        await pilot.press("home", "end")
        await until(pilot, lambda: here(app) == STEPS - 1)
        assert len([toast for toast in toasts(app) if "NaN" in toast]) <= before


@pytest.mark.parametrize(("at", "step"), [(123, 123), ("alarm", 250), (10**9, STEPS - 1)])
async def test_it_begins_where_asked(at: object, step: int, run: Path) -> None:
    async with replaying(run, at=at) as (app, pilot):
        await until(pilot, lambda: here(app) == step)


async def test_a_healthy_run_has_no_alarm(tmp_path: Path) -> None:
    record(tmp_path / "r", [*(snap(i, 0.1) for i in range(3)), Ended(1, 3, "finished")])
    async with replaying(tmp_path / "r", at="alarm") as (app, pilot):
        await until(pilot, lambda: toasts(app))
        assert "Nothing has alarmed" in toasts(app)[0]


async def test_a_record_in_which_nothing_was_seen(tmp_path: Path) -> None:
    record_launch(tmp_path, ["python", "train.py"])
    record_exit(tmp_path, 0)
    watched = WatchedRun("replay", tmp_path, "python train.py", whole=lambda: load_facts(tmp_path))
    app = GradtuiApp(Replay(tmp_path), [STORY], scenario="recorded", watched=watched)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await until(pilot, lambda: "Nothing was seen" in "".join(lines(app)))
        for key in (
            "a",
            "space",
            "left_square_bracket",
            "right_curly_bracket",
            "end",
            "0",
            "enter",
        ):
            await pilot.press(key)
            await pilot.pause(0.05)
        assert app.crash is None
        assert "Nothing was seen" in "".join(lines(app))


def test_the_first_alarm_is_found_without_asking_often() -> None:
    facts = factories.history(factories.vanishing(20, 300)).facts()
    asked = []

    def ask(part):  # type: ignore[no-untyped-def]
        asked.append(len(part))
        sick = len(part) >= 137
        return factories.vanishing().diagnosis if sick else factories.healthy().diagnosis

    assert first_alarm(facts, ask) == 136
    assert len(asked) < 40
    assert first_alarm(facts.until(100), ask) is None
    assert first_alarm(facts.until(0), ask) is None


def test_the_whole_recording_is_read_once_and_not_where_it_is_gone(run: Path) -> None:
    read = []

    def whole() -> Facts:
        read.append(1)
        return load_facts(run)

    playback = Playback(Replay(run), whole=whole)
    found = playback.course()
    assert found is not None
    assert found is playback.course()
    assert len(read) == 1
    assert int(found.steps[-1]) == STEPS - 1
    assert Playback(Replay(run), whole=lambda: load_facts(run / "gone")).course() is None
    assert Playback(Replay(run)).course() is None
