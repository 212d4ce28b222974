"""Lines that findings do not need go to the layers: while all is well, and not back and forth."""

from dataclasses import replace
from pathlib import Path

import pytest

from gradtui.app.screens.main import LEAST_BELOW, MainScreen
from gradtui.app.spare_lines import CALM, TIMES, SpareLines, lines_for
from gradtui.app.view import View
from tests import factories
from tests.app.playing import text
from tests.snapshots import still
from tests.snapshots.test_recorded import live

WELL = factories.view(factories.healthy(), mode="run", state="running")
SICK = factories.view(factories.vanishing(), mode="run", state="running")


def given(spare: SpareLines, view: View, times: int = CALM) -> bool:
    return [spare.see(view) for _ in range(times)][-1]


def test_a_run_has_to_be_healthy_for_a_while() -> None:
    spare = SpareLines()
    assert not given(spare, WELL, CALM - 1)
    assert not spare.see(SICK)
    assert not given(spare, WELL, CALM - 1)
    assert given(spare, WELL, 1)
    assert not spare.see(SICK)


def test_what_does_not_go_on_need_not_wait() -> None:
    assert SpareLines().see(replace(WELL, state="finished"))
    assert not SpareLines().see(replace(SICK, state="finished"))


def test_findings_that_come_and_go_move_the_screen_a_few_times_at_most() -> None:
    spare = SpareLines()
    seen = []
    for _ in range(TIMES + 3):
        seen.append(given(spare, WELL))
        spare.see(SICK)
    assert seen == [True] * TIMES + [False] * 3
    spare.see(View(mode="run"))  # another run
    assert given(spare, WELL)


def test_nothing_moves_while_other_steps_are_looked_at() -> None:
    spare = SpareLines()
    assert given(spare, WELL)
    assert given(spare, replace(SICK, scrubbing=True))
    assert not given(spare, SICK)
    assert not given(spare, replace(WELL, scrubbing=True), 3 * CALM)


def test_the_rest_keeps_its_lines() -> None:
    assert lines_for(26, 2, 41, 13) == 28
    assert lines_for(100, 2, 41, 13) == 28
    assert lines_for(20, 2, 41, 13) is None  # they have room
    assert lines_for(26, 2, 20, 13) is None


@pytest.mark.parametrize("rows", [26, 60])
async def test_26_layers_of_a_healthy_net_are_in_sight(
    rows: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(still, "made_up", lambda start: factories.healthy(rows, still.STEPS))
    app = live(tmp_path)
    async with app.run_test(size=(140, 45)) as pilot:
        await app.play(pilot, 120)
        screen = app.screen
        assert isinstance(screen, MainScreen)
        for _ in range(CALM):
            await app.play(pilot, 1)
        await pilot.pause(0.1)
        assert ("layers.25" in text(app)) == (rows == 26)
        below = screen.query_one("#panes").size.height
        assert below >= LEAST_BELOW
        assert "Healthy" in text(app)
