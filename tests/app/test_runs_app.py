"""Every key and click of the list of runs."""

from pathlib import Path

import pytest
from textual.pilot import Pilot

from gradtui.app.remembered import load_preferences
from gradtui.app.run_list_keys import KEYS
from gradtui.app.run_requests import Compare, WritePage
from gradtui.app.runs_app import RunsApp
from gradtui.app.screens.removal import RemovalScreen
from gradtui.app.screens.runs import RunsScreen
from gradtui.app.screens.text import TextScreen
from gradtui.app.themes import DEFAULT, THEMES
from gradtui.runstore.format.note_file import NOTE, read_note
from gradtui.runstore.ranks import process_status
from tests.app.made_up_runs import BERT, BROKEN, GAN, LIVE, TRAIN, FakeExaminer, listing, usual
from tests.app.playing import lines, text, toasts, until


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "runs"


def shown(app: RunsApp) -> tuple[str, ...]:
    return app.order.shown


async def choose(pilot: Pilot[None], name: str) -> None:
    app = pilot.app
    assert isinstance(app, RunsApp)
    await pilot.press("g", *["j"] * app.order.shown.index(name))
    assert app.order.current == name


async def test_the_list_says_what_there_is(home: Path) -> None:
    async with listing(home) as (app, _):
        assert shown(app) == (LIVE, GAN, TRAIN, BROKEN, BERT)
        screen = text(app)
        for words in (
            "▸ running",
            "● healthy",
            "✗ exploding gradient",
            "NaN",
            "baseline",
            "5 runs",
        ):
            assert words in screen
        (broken,) = [line for line in lines(app)[:10] if "unreadable" in line]
        assert "unreadable: run.json is damaged: KeyError" in broken
        assert f"{LIVE}" in screen  # in full below the list


async def test_moving(home: Path) -> None:
    async with listing(home) as (app, pilot):
        order = shown(app)
        keys = ("j", "down", "k", "up", "G", "g", "end", "home", "pagedown", "pageup", "f", "b")
        for key, place in zip(keys, (1, 2, 1, 0, 4, 0, 4, 0, 4, 0, 4, 0), strict=True):
            await pilot.press(key)
            assert app.order.current == order[place], key


async def test_the_filter_is_live_and_the_chosen_run_comes_back(home: Path) -> None:
    async with listing(home) as (app, pilot):
        await choose(pilot, BERT)
        await pilot.press("slash", *"expl")
        assert shown(app) == (GAN,)
        assert "1 of 5" in text(app)
        await pilot.press("enter", "escape")
        assert len(shown(app)) == 5
        assert app.order.current == BERT
        await pilot.press("slash", *"bas")
        assert shown(app) == (TRAIN,)  # by its note
        await pilot.press("escape", "slash", *"zz")
        assert shown(app) == ()
        assert "no run has these words" in text(app)
        await pilot.press("escape")
        assert len(shown(app)) == 5


async def test_sorting_by_key_and_title_is_remembered(home: Path) -> None:
    async with listing(home) as (app, pilot):
        await pilot.press("o")
        assert app.order.sort == "name"
        assert shown(app) == (TRAIN, GAN, BERT, LIVE, BROKEN)
        await pilot.press("O")
        assert app.order.reverse
        x = lines(app)[1].index("loss")
        await pilot.click("RunTable", offset=(x, 1))
        assert (app.order.sort, app.order.reverse) == ("loss", False)
        assert shown(app)[:2] == (TRAIN, LIVE)
        assert shown(app)[-1] == BROKEN
        await pilot.click("RunTable", offset=(x, 1))
        assert app.order.reverse
        assert "loss ▲" in lines(app)[1]
    assert (load_preferences().sort, load_preferences().reverse) == ("loss", True)


async def test_marks(home: Path) -> None:
    async with listing(home) as (app, pilot):
        await pilot.press("space", "space")
        assert app.order.marks == {LIVE, GAN}
        assert app.order.current == TRAIN
        assert "2 marked" in text(app)
        await pilot.press("m")
        assert len(app.order.marks) == 5
        await pilot.press("m")
        assert not app.order.marks
        await pilot.click("RunTable", offset=(1, 3))
        assert app.order.marks == {GAN}
        await pilot.press("escape")
        assert not app.order.marks


@pytest.mark.parametrize("by", ["enter", "mouse"])
async def test_opening_ends_it_with_that_run(by: str, home: Path) -> None:
    async with listing(home) as (app, pilot):
        if by == "enter":
            await choose(pilot, GAN)
            await pilot.press("enter")
        else:
            await pilot.click("RunTable", offset=(20, 3))
            assert app.order.current == GAN
            assert not app.opened
            await pilot.double_click("RunTable", offset=(20, 3))
        await until(pilot, lambda: app.opened)
        assert [row.name for row in app.opened] == [GAN]
    assert app.examiner.ended  # type: ignore[attr-defined]


async def test_marked_ones_are_overlaid(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with listing(home) as (app, pilot):
        await choose(pilot, GAN)
        await pilot.press("space", "v")
        assert not app.opened
        assert any("and 1 are marked" in told for told in toasts(app))
        monkeypatch.setattr("gradtui.app.runs_app.MOST_RUNS", 2)
        await pilot.press("m", "v")
        assert not app.opened
        assert any("2 runs at most" in told for told in toasts(app))
        await pilot.press("escape")
        await choose(pilot, GAN)
        await pilot.press("space", "space", "v")
        await until(pilot, lambda: app.opened)
    assert {row.name for row in app.opened} == {GAN, TRAIN}


async def test_what_cannot_be_read_is_not_opened(home: Path) -> None:
    async with listing(home) as (app, pilot):
        await choose(pilot, BROKEN)
        await pilot.press("enter")
        assert not app.opened
        assert "cannot be opened" in toasts(app)[-1]


async def test_two_are_compared_the_older_first(home: Path) -> None:
    async with listing(home) as (app, pilot):
        examiner = app.examiner
        assert isinstance(examiner, FakeExaminer)
        await pilot.press("c")
        assert "0 are marked" in toasts(app)[-1]
        await choose(pilot, BERT)
        await pilot.press("space")
        await choose(pilot, TRAIN)
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.screen, TextScreen))
        (asked,) = [one for one in examiner.asked if isinstance(one, Compare)]
        assert (asked.one.name, asked.other.name) == (TRAIN, BERT)
        assert f"one {TRAIN}" in text(app)
        assert "\x1b" not in text(app)
        await pilot.press("q")
        assert isinstance(app.screen, RunsScreen)


async def test_a_note_is_kept_in_the_run(home: Path) -> None:
    async with listing(home) as (app, pilot):
        await choose(pilot, GAN)
        await pilot.press("i", *"a  2", "enter")
        await until(pilot, lambda: "a 2" in text(app))
        path = home / GAN / NOTE
        assert path.read_text() == "a 2\n"
        assert path.stat().st_mode & 0o777 == 0o600
        await pilot.press("i", *" q", "escape")
        assert read_note(home / GAN) == "a 2"
        await pilot.press("N", "ctrl+u", "enter")
        await until(pilot, lambda: not path.exists())


async def test_a_note_that_cannot_be_kept_is_said(home: Path) -> None:
    async with listing(home) as (app, pilot):
        await choose(pilot, GAN)
        await pilot.press("i", *"word")
        for file in (home / GAN).iterdir():
            file.unlink()
        (home / GAN).rmdir()
        await pilot.press("enter")
        await until(pilot, lambda: toasts(app))
        assert "No note: No such file" in toasts(app)[-1]


async def test_the_page_and_the_path(home: Path) -> None:
    async with listing(home) as (app, pilot):
        await choose(pilot, GAN)
        await pilot.press("e")
        await until(pilot, lambda: any("page: " in told for told in toasts(app)))
        examiner = app.examiner
        assert isinstance(examiner, FakeExaminer)
        assert [one.path.name for one in examiner.asked if isinstance(one, WritePage)] == [GAN]
        assert str(home / f"gradtui-{GAN}.html") in toasts(app)[-1]
        await pilot.press("y")
        assert app.clipboard == str(home / GAN)


async def test_nothing_is_deleted_without_an_answer(home: Path) -> None:
    async with listing(home) as (app, pilot):
        await choose(pilot, GAN)
        for answer in ("escape", "n", "enter", "D"):
            await pilot.press("D")
            assert isinstance(app.screen, RemovalScreen)
            assert GAN in text(app)
            assert "1.4 MB" in text(app)
            await pilot.press(answer)
        assert isinstance(app.screen, RemovalScreen)  # the key that asks does not answer
        await pilot.press("q")
        assert len(list(home.iterdir())) == 5


async def test_marked_runs_are_deleted_and_the_running_one_stays(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_status, "SILENT", 0.0)  # its header says nothing of who is alive
    async with listing(home) as (app, pilot):
        await pilot.press("m", "delete")
        assert "Delete 4 runs, 5.6 MB?" in text(app)
        assert "live-000003, as it is still running" in text(app)
        await pilot.press("y")
        await until(pilot, lambda: len(app.survey.rows) == 1)
        assert [path.name for path in home.iterdir()] == [LIVE]
        await until(pilot, lambda: toasts(app))
        assert "Deleted 4 runs, 5.6 MB." in toasts(app)
        await pilot.press("D")
        assert "Nothing to delete: live-000003" in toasts(app)[-1]


async def test_what_has_changed_since_it_was_asked_about_stays(home: Path) -> None:
    async with listing(home) as (app, pilot):
        await choose(pilot, GAN)
        await pilot.press("D")
        (home / GAN / "run.json").write_text('{"another": 1}')
        await pilot.press("y")
        await until(pilot, lambda: toasts(app))
        assert "gan-000001 stays: it has changed since" in toasts(app)[-1]
        assert (home / GAN / "steps-0.bin").exists()


async def test_themes_are_remembered(home: Path) -> None:
    kept: list[str] = []
    async with listing(home, keep_theme=kept.append) as (app, pilot):
        before = app.theme
        await pilot.press("t")
        assert app.theme != before
        assert kept == [app.theme]


async def test_help_names_every_key(home: Path) -> None:
    async with listing(home, size=(140, 60)) as (app, pilot):
        await pilot.press("question_mark")
        screen = app.screen
        assert isinstance(screen, TextScreen)
        told = str(screen._text)
        assert all(key.help in told and key.shown in told for key in KEYS)
        await pilot.press("escape")
        await pilot.press("ctrl+p")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        await pilot.press("escape")


async def test_a_key_of_the_footer_can_be_clicked(home: Path) -> None:
    async with listing(home) as (app, pilot):
        x = lines(app)[-1].index("mark")
        await pilot.click("KeyBar", offset=(x, 0))
        assert app.order.marks == {LIVE}


async def test_a_run_whose_reader_dies_keeps_no_other_from_being_read(home: Path) -> None:
    runs = usual()
    runs[BERT] = ("its process ended before it was done (SIGKILL).", None)
    async with listing(home, runs) as (app, _):
        assert "SIGKILL" in text(app)
        assert "● healthy" in text(app)


async def test_runs_come_and_go(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradtui.app.run_survey.LISTED", 0.05)
    runs = usual()
    gone = runs.pop(BERT)
    async with listing(home, runs) as (app, pilot):
        runs[BERT] = gone
        (home / BERT).mkdir()
        await until(pilot, lambda: len(shown(app)) == 5)
        (home / BERT).rmdir()
        await until(pilot, lambda: len(shown(app)) == 4)


async def test_no_runs(home: Path) -> None:
    home.mkdir()
    async with listing(home, {}) as (app, pilot):
        await until(pilot, lambda: "yet" in text(app))
        assert "gradtui run python train.py" in text(app)
        await pilot.press("j", "G", "space", "m", "c", "D", "i", "e", "y", "enter", "o", "O")
        assert isinstance(app.screen, RunsScreen)


@pytest.mark.parametrize(
    ("columns", "rows", "theme"),
    [
        (39, 11, DEFAULT),
        (40, 12, DEFAULT),
        (250, 70, DEFAULT),
        *((80, 24, theme.name) for theme in THEMES[1:]),
    ],
)
async def test_every_size_and_theme(columns: int, rows: int, theme: str, home: Path) -> None:
    async with listing(home, size=(columns, rows), theme=theme, ascii_only=True) as (app, pilot):
        await pilot.press("j", "space")
        assert text(app).isascii()
        if columns < 40:
            assert "too small" in text(app)
        else:
            assert "train-000000" in text(app)
