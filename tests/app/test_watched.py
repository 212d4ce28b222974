"""The app on recorded runs: leaving, the command's output and end, ranks, keys without a meaning."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Button

from gradtui.app.app import GradtuiApp
from gradtui.app.key_bindings import KEYS, footer_keys, keys_of
from gradtui.app.screens.log import LogScreen
from gradtui.app.screens.main import MainScreen
from gradtui.app.screens.quit import QuitScreen, StoppingScreen
from gradtui.app.watched_run import Mode, WatchedRun
from gradtui.core.control import Pause, RecordAll, Resume, Start, StepOnce, Stop
from gradtui.core.event import Building
from tests.app.fake_source import CATALOGUE, FakeSource
from tests.app.playing import lines, playing, text, toasts, until


@dataclass
class FakeChild:
    """A command whose end the test decides."""

    pid: int = 4711
    code: int | None = None
    stopped: int = 0
    forwarded: list[int] = field(default_factory=list)

    def look(self) -> int | None:
        return self.code

    def stop(self) -> None:
        self.stopped += 1

    def forward(self, number: int) -> None:
        self.forwarded.append(number)

    @property
    def stopping(self) -> str:
        return "stopping... SIGINT was sent" if self.stopped else ""


class Silent(FakeSource):
    """No step ever comes."""

    def _begin(self, control: Start) -> None:
        self._events.append(Building(control.run, ""))


def watched(directory: Path, mode: Mode = "run", child: FakeChild | None = None) -> WatchedRun:
    return WatchedRun(mode, directory, "python train.py --lr [bold]0.1", child=child)


# Leaving


async def ask(app: GradtuiApp, pilot: Pilot[None], key: str = "q") -> None:
    await pilot.press(key)
    await until(pilot, lambda: isinstance(app.screen, QuitScreen))


async def test_leaving_while_the_command_runs_is_asked_about(tmp_path: Path) -> None:
    child = FakeChild()
    async with playing(watched=watched(tmp_path, child=child)) as (app, pilot):
        await ask(app, pilot)
        assert "python train.py --lr [bold]0.1" in text(app)
        assert isinstance(app.focused, Button)
        assert app.focused.id == "stay"
        await pilot.press("enter")
        assert isinstance(app.screen, MainScreen)
        await ask(app, pilot)
        await pilot.press("escape")
        assert isinstance(app.screen, MainScreen)
        await ask(app, pilot)
        await pilot.press("l")
        await until(pilot, lambda: not app.is_running)
        assert app.exit_code == 0
        assert not child.stopped


async def test_leaving_a_process_that_was_attached_to_is_asked_about(tmp_path: Path) -> None:
    asked: list[bool] = []
    attached = WatchedRun("attach", tmp_path, "python a.py", let_go=lambda: asked.append(True))
    async with playing(watched=attached) as (app, pilot):
        await ask(app, pilot)
        assert "leave it recording itself" in text(app)
        assert "stop training" not in text(app)
        await pilot.press("s", "escape")
        assert isinstance(app.screen, MainScreen)
        await ask(app, pilot)
        await pilot.press("d")
        await until(pilot, lambda: not app.is_running)
        assert app.exit_code == 0
        assert asked == [True]
        assert not [one for one in app.source.sent if isinstance(one, Stop)]


@pytest.mark.parametrize("key", ["ctrl+c", "q"])
async def test_a_key_hit_twice_ends_nothing(key: str, tmp_path: Path) -> None:
    child = FakeChild()
    async with playing(watched=watched(tmp_path, child=child)) as (app, pilot):
        await ask(app, pilot, key)
        await pilot.press(key, key, key)
        assert isinstance(app.screen, QuitScreen)
        assert not child.stopped
        assert app.is_running


async def test_the_keys_of_the_training_itself(tmp_path: Path) -> None:
    async with playing(watched=watched(tmp_path, "attach")) as (app, pilot):
        await pilot.press("S")
        await until(pilot, lambda: isinstance(app.screen, QuitScreen))
        assert "leave" not in text(app)
        await pilot.press("l", "q", "escape")
        await until(pilot, lambda: isinstance(app.screen, MainScreen))
        assert not [one for one in app.source.sent if isinstance(one, Stop)]
        await pilot.press("S")
        await until(pilot, lambda: isinstance(app.screen, QuitScreen))
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.screen, MainScreen))
        await until(pilot, lambda: Stop() in app.source.sent)
        await pilot.press("P")
        await until(pilot, lambda: Pause() in app.source.sent)
        await until(pilot, lambda: app.session.current.state == "paused")
        await pilot.press("full_stop", "P", "F", "F")
        wanted = [StepOnce(), Resume(), RecordAll(True), RecordAll(False)]
        await until(pilot, lambda: app.source.sent[-4:] == wanted)


async def test_why_a_run_cannot_be_asked_is_said(tmp_path: Path) -> None:
    async with playing(watched=watched(tmp_path, "attach")) as (app, pilot):
        app.source.refusal = "The run is over."
        await pilot.press("P")
        await until(pilot, lambda: "The run is over." in text(app))
        assert "Training pauses" not in text(app)


async def test_stopping_waits_for_the_commands_end(tmp_path: Path) -> None:
    child = FakeChild()
    async with playing(watched=watched(tmp_path, child=child)) as (app, pilot):
        await ask(app, pilot)
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.screen, StoppingScreen))
        await until(pilot, lambda: "SIGINT was sent" in text(app))
        await pilot.press("q", "ctrl+c", "escape")
        assert isinstance(app.screen, StoppingScreen)
        assert child.stopped == 1
        assert app.is_running
        child.code = 130
        await until(pilot, lambda: not app.is_running)


async def test_the_buttons_can_be_reached_and_clicked(tmp_path: Path) -> None:
    child = FakeChild()
    async with playing(watched=watched(tmp_path, child=child)) as (app, pilot):
        await ask(app, pilot)
        await pilot.press("up", "up")
        assert app.focused is not None
        assert app.focused.id == "stop"
        await pilot.press("down")
        assert app.focused is not None
        assert app.focused.id == "leave"
        await pilot.click("#stay")
        assert isinstance(app.screen, MainScreen)
        await ask(app, pilot)
        await pilot.click("#stop")
        await until(pilot, lambda: isinstance(app.screen, StoppingScreen))


async def test_a_command_that_has_ended_is_left_at_once(tmp_path: Path) -> None:
    child = FakeChild(code=7)
    async with playing(watched=watched(tmp_path, child=child)) as (app, pilot):
        await until(pilot, lambda: "exited with 7" in lines(app)[0])
        await pilot.press("q")
        await until(pilot, lambda: not app.is_running)


async def test_an_end_meanwhile_takes_the_question_away(tmp_path: Path) -> None:
    child = FakeChild()
    async with playing(watched=watched(tmp_path, child=child)) as (app, pilot):
        await ask(app, pilot)
        child.code = 137
        await until(pilot, lambda: isinstance(app.screen, MainScreen))
        await until(pilot, lambda: "killed by SIGKILL" in lines(app)[0])


@pytest.mark.parametrize(("number", "forwarded"), [(15, [15]), (1, []), (2, [2])])
async def test_signals(number: int, forwarded: list[int], tmp_path: Path) -> None:
    child = FakeChild()
    async with playing(watched=watched(tmp_path, child=child)) as (app, pilot):
        app.end_by_signal(number)
        await until(pilot, lambda: not app.is_running)
        assert app.exit_code == 128 + number
        assert child.forwarded == forwarded


# The command's output and end


@pytest.mark.parametrize("size", [(140, 45), (200, 60), (80, 24), (120, 24), (60, 20)])
async def test_the_output_is_followed(size: tuple[int, int], tmp_path: Path) -> None:
    log = tmp_path / "output.log"
    log.write_text("".join(f"epoch {i}\n" for i in range(500)) + "\x1b[31m[red]bar 1%\rbar 99%")
    async with playing(size=size, watched=watched(tmp_path, "attach")) as (app, pilot):
        await pilot.press("v")
        await until(pilot, lambda: isinstance(app.screen, LogScreen))
        await until(pilot, lambda: "bar 99%" in text(app))
        assert "epoch 499" in text(app)
        assert isinstance(app.screen, LogScreen)
        await pilot.press("g")
        await until(pilot, lambda: "epoch 0" in text(app))
        with log.open("a") as file:
            file.write("\nthe newest\n")
        await pilot.pause(0.5)
        assert "epoch 0" in text(app)
        assert not app.screen.pane.following
        await pilot.press("G")
        await until(pilot, lambda: "the newest" in text(app))
        await pilot.press("v")
        assert isinstance(app.screen, MainScreen)


async def test_where_there_is_room_the_output_is_below_the_layers(tmp_path: Path) -> None:
    (tmp_path / "output.log").write_text("epoch 1\n")
    (tmp_path / "exit.json").write_text('{"code": 0}')
    async with playing(watched=watched(tmp_path, "attach")) as (app, pilot):
        await until(pilot, lambda: "epoch 1" in text(app))
        await until(pilot, lambda: "── exited 0 ──" in text(app))
        assert "■ exited 0" in lines(app)[0]


@pytest.mark.parametrize("size", [(140, 45), (180, 45)])
async def test_output_that_is_not_kept_leaves_its_place(
    size: tuple[int, int], tmp_path: Path
) -> None:
    async with playing(size=size, watched=watched(tmp_path, "attach")) as (app, pilot):
        await until(pilot, lambda: "─output" not in text(app))
        findings, charts = app.screen.query_one("#findings"), app.screen.query_one("#charts")
        assert findings.region.bottom == charts.region.bottom == 44
        (tmp_path / "output.log").write_text("epoch 1\n")
        await until(pilot, lambda: "epoch 1" in text(app))
        assert "─output" in text(app)


async def test_as_a_tab_where_there_is_not(tmp_path: Path) -> None:
    (tmp_path / "output.log").write_text("epoch 1\n")
    size = (80, 24)
    async with playing(size=size, watched=watched(tmp_path, "attach")) as (app, pilot):
        await pilot.press("shift+tab")
        await until(pilot, lambda: "[output]" in text(app))
        await until(pilot, lambda: "epoch 1" in text(app))


@pytest.mark.parametrize("size", [(140, 45), (80, 24), (120, 24), (50, 16)])
async def test_before_the_first_step(size: tuple[int, int], tmp_path: Path) -> None:
    (tmp_path / "output.log").write_text("reading shard 3 of 7\n")
    child = FakeChild()
    app = GradtuiApp(
        Silent(), CATALOGUE, scenario="healthy_relu", watched=watched(tmp_path, child=child)
    )
    async with app.run_test(size=size, notifications=True) as pilot:
        await until(pilot, lambda: "reading shard 3 of 7" in text(app))
        assert "Waiting for the first optimizer step of" in text(app)
        assert "python train.py" in text(app)
        child.code = 0
        await until(pilot, lambda: "Nothing was seen" in text(app))
        assert "optimizer:" in text(app)


# Ranks


class Ranks(FakeSource):
    rank_notes: tuple[str, ...] = ()


async def test_trouble_of_ranks_is_a_line_and_a_toast(tmp_path: Path) -> None:
    source = Ranks()
    async with playing(source=source, watched=watched(tmp_path, "attach")) as (app, pilot):
        assert "rank" not in text(app)
        source.rank_notes = ("rank 1: dead since step 420",)
        await until(pilot, lambda: "▲ rank 1: dead since step 420" in text(app))
        assert toasts(app) == ["rank 1: dead since step 420"]
        source.rank_notes = ("rank 1: dead since step 421", "rank 3: 7 steps behind\x1b[2J")
        await until(pilot, lambda: "rank 3: 7 steps behind\\x1b[2J" in text(app))
        assert len(toasts(app)) == 2
        source.rank_notes = ()
        await until(pilot, lambda: "▲ rank" not in text(app))


# Keys


@pytest.mark.parametrize("mode", ["run", pytest.param("attach", marks=pytest.mark.long)])
@pytest.mark.parametrize("key", ["n", "p", "s", "r", "R", "1", "c", "plus", "minus"])
async def test_keys_of_the_lab_say_one_sentence(key: str, mode: Mode, tmp_path: Path) -> None:
    source = FakeSource()
    async with playing(source=source, watched=watched(tmp_path, mode)) as (app, pilot):
        await pilot.press(key)
        await until(pilot, lambda: toasts(app))
        (said,) = toasts(app)
        assert said.endswith(".")
        assert isinstance(app.screen, MainScreen)
        assert len(source.sent) == 1


def test_they_are_not_in_the_footer() -> None:
    shown = {key.shown for key in footer_keys("attach")}
    assert not shown & {"n", "p", "s", "r", "R", "1-9", "c", "+", "-"}
    assert {"q", "v", "space", "a", "P", ".", "F", "S"} <= shown
    assert {"1-9", "n", "s", "r"} <= {key.shown for key in footer_keys("lab")}
    assert {"space", ".", "+", "-", "a"} <= {key.shown for key in footer_keys("replay")}


def test_every_key_is_once_in_every_mode() -> None:
    for mode in ("lab", "run", "attach", "replay"):
        keys = [name for key in keys_of(mode) for name in key.keys.split(",")]
        assert len(keys) == len(set(keys))
    assert {mode for key in KEYS for mode in key.modes} == {"lab", "run", "attach", "replay"}


async def test_at_most_two_toasts_the_newest(tmp_path: Path) -> None:
    async with playing() as (app, pilot):
        for number in range(5):
            app.tell(f"toast {number}", "warning")
        await pilot.pause(0.1)
        assert toasts(app) == ["toast 3", "toast 4"]
        for number in range(3):  # what a key has done is of no interest after the next one
            app.tell(f"done {number}")
        await pilot.pause(0.1)
        assert toasts(app) == ["toast 4", "done 2"]


async def test_a_shows_the_first_alarm_of_a_live_run() -> None:
    async with playing("exploding_init", source=FakeSource(per_poll=20)) as (app, pilot):
        await until(pilot, lambda: app.session.current.live_step > 80)
        await pilot.press("a")
        assert app.session.cursor is not None
        assert app.session.cursor <= 40
