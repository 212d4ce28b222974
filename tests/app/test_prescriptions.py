"""Remedies as code: read, chosen, copied."""

from dataclasses import replace
from pathlib import Path

import pytest

from gradtui.app.app import GradtuiApp
from gradtui.app.remedy_code import NOTHING_YET, RemedyCode, as_script, prescribed
from gradtui.app.render.line import plain, width
from gradtui.app.render.prescriptions import (
    comment_at,
    folded_code,
    nothing,
    prescription_lines,
)
from gradtui.app.screens.main import MainScreen
from gradtui.app.screens.prescriptions import PrescriptionScreen
from gradtui.doctor.diagnose import diagnose
from gradtui.doctor.finding import NOTHING_SEEN, Diagnosis
from tests import factories
from tests.app.fake_source import FakeSource
from tests.app.playing import playing, text, toasts, until


def sick(prefix: str = "layers") -> RemedyCode:
    made = factories.vanishing(20)
    layout = factories.mlp_layout(20, activation="sigmoid", prefix=prefix)
    facts = factories.history(replace(made, layout=layout), 60).facts()
    return prescribed(diagnose(facts), facts)


@pytest.mark.parametrize("cells", [24, 60, 116])
@pytest.mark.parametrize("ascii_only", [False, True])
def test_lines_fit_and_belong_to_somebody(cells: int, ascii_only: bool) -> None:
    what = sick()
    for chosen in range(len(what.all)):
        lines = prescription_lines(what, chosen, cells, 20, ascii_only)
        assert all(width(line) <= cells for line, _ in lines[1:])
        assert {owner for _, owner in lines} == {None, *range(len(what.all))}
        opened = [plain(line) for line, owner in lines if owner == chosen]
        assert sum("expect" in line for line in opened) == 1
        assert not ascii_only or all(plain(line).isascii() for line, _ in lines)


def test_code_is_whole_where_there_is_room() -> None:
    what = sick()
    shown = [plain(line) for line, _ in prescription_lines(what, 0, 400, 20, False)]
    for line in what.all[0].code.splitlines():
        assert any(line in there for there in shown)


def test_names_cannot_speak_to_the_terminal() -> None:
    what = sick("a\x1b]0;b[red]\x07")
    for chosen in range(len(what.all)):
        lines = prescription_lines(what, chosen, 80, 20, False)
        assert all(plain(line).isprintable() for line, _ in lines)
        assert "\x1b" not in as_script(what.all[chosen])


def test_long_lines_go_on_and_say_so() -> None:
    first, second = folded_code("    value = one + two  # why", 22, False)
    assert plain(first) + plain(second).replace("  ↪ ", "") == "    value = one + two  # why"
    assert second[-1] == ("# why", "quiet")
    assert comment_at('print(\'#\', "\\"#")  # yes') == 19


def test_a_healthy_run_gets_one_sentence() -> None:
    assert "measured" in nothing(NOTHING_YET)
    assert "Nothing is wrong" in nothing(RemedyCode(Diagnosis("healthy", NOTHING_SEEN.severity, 9)))


async def test_x_shows_code_and_c_copies_it(monkeypatch: pytest.MonkeyPatch) -> None:
    copied: list[str] = []
    monkeypatch.setattr(GradtuiApp, "copy_to_clipboard", lambda self, text: copied.append(text))
    async with playing(source=FakeSource(per_poll=10)) as (app, pilot):
        await until(pilot, lambda: app.session.current.doctor.last.findings)
        await pilot.press("x")
        await until(pilot, lambda: "expect" in text(app))
        assert isinstance(app.screen, PrescriptionScreen)
        every = app.screen.pane.what.all
        assert len(every) > 1
        await pilot.press("down", "c")
        await until(pilot, lambda: copied)
        assert copied == [as_script(every[1])]
        assert "Copied" in toasts(app)[-1]
        await pilot.press("up", "up", "enter")
        await until(pilot, lambda: len(copied) > 1)
        assert copied[-1] == as_script(every[0])
        await pilot.press("x")
        assert isinstance(app.screen, MainScreen)


async def test_code_does_not_change_under_the_eyes() -> None:
    async with playing(source=FakeSource(per_poll=10)) as (app, pilot):
        await until(pilot, lambda: app.session.current.doctor.last.findings)
        await pilot.press("x")
        await until(pilot, lambda: "expect" in text(app))
        assert isinstance(app.screen, PrescriptionScreen)
        first, at = app.screen.pane.what, app.session.current.live_step
        await until(pilot, lambda: app.session.current.live_step > at + 200)
        assert app.screen.pane.what is first
        await pilot.press("n")  # to another run, and back on the main screen
        assert isinstance(app.screen, MainScreen)


async def test_nothing_to_prescribe_and_a_click() -> None:
    async with playing("healthy_relu", size=(80, 24)) as (app, pilot):
        await until(pilot, lambda: app.session.current.live_step > 30)
        await pilot.press("x")
        await until(pilot, lambda: "Nothing is wrong" in text(app))
        await pilot.press("c", "down", "escape")
        assert not toasts(app)
    async with playing(size=(80, 24), source=FakeSource(per_poll=10)) as (app, pilot):
        await until(pilot, lambda: app.session.current.doctor.last.findings)
        await pilot.press("x")
        await until(pilot, lambda: "after the model" in text(app))
        await pilot.press("end")
        pane = app.screen.query_one("PrescriptionPane")
        await until(pilot, lambda: pane.chosen == len(pane.what.all) - 1 > 0)
        y = next(i for i, (_, owner) in enumerate(pane._owned) if owner == 0)
        await pilot.press("pageup", "pageup", "pageup")
        await until(pilot, lambda: pane.scroll_offset.y == 0)
        await pilot.click(pane, offset=(4, y))
        await until(pilot, lambda: pane.chosen == 0)


async def test_toasts_stand_newest_on_top(tmp_path: Path) -> None:
    async with playing(size=(100, 40)) as (app, pilot):
        for word in ("oldest", "older", "newest"):
            app.tell(f"the {word} toast", "warning")
            await pilot.pause(0.1)
        shown = text(app)
        assert shown.index("newest toast") < shown.index("older toast")
