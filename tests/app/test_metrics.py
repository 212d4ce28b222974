"""The validation loss over the loss, and the list that the chart's quantity is chosen from."""

from dataclasses import replace
from math import inf, nan
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradtui.app.render.chart_title import title_of
from gradtui.app.render.curve import curve_lines
from gradtui.app.render.line import plain, width
from gradtui.app.render.metric_list import matching, metric_line, mini
from gradtui.app.render.quantities import quantities
from gradtui.app.screens.charts import ChartPickerScreen
from gradtui.app.screens.main import MainScreen
from gradtui.app.view import LOSS, Choice, View
from gradtui.app.watched_run import WatchedRun
from gradtui.core.metric import Metric, Metrics
from gradtui.runstore.writer.ports import Delivery
from tests import factories
from tests.app.fake_source import FakeSource
from tests.app.playing import lines, playing, text, until

STEPS = 60


def metric(values: list[float], every: int = 1, first: int = 0) -> Metric:
    step = first + every * np.arange(len(values))
    return Metric(step, step * 1.0, np.array(values), np.full(len(values), nan))


LOGGED = {
    "train/acc": metric([i / STEPS for i in range(STEPS)]),
    "val/loss": metric([2.0, 1.5, 1.2, 1.0, nan, 0.9], 10, 9),
    "val/acc": metric([0.1, 0.2, 0.3], 20, 19),
    "[red]evil[/]\\x1b[2J": metric([1.0]),
    "flat": metric([5.0] * 30),
}


def shown(**changes: object) -> View:
    made = factories.healthy(2, STEPS)
    made.loss = lambda step: 3.0 - step / 30
    return factories.view(made, **{"metrics": LOGGED} | changes)  # type: ignore[arg-type]


def test_the_validation_loss_is_a_second_curve_with_marks_and_a_name() -> None:
    found = curve_lines(shown(), LOSS, 70, 12)
    assert [width(line) for line in found[1:]] == [70] * 11
    assert "loss 1.03" in plain(found[0])
    assert "◆ val/loss 0.900" in plain(found[0])
    drawn = [text for line in found[1:] for text, meaning in line if meaning == "reference"]
    assert sum(text.count("◆") for text in drawn) == 5
    assert "NaN/inf" in plain(found[1])  # of the validation loss alone
    bare = curve_lines(shown(metrics={}), LOSS, 70, 12)
    assert not any(meaning in ("reference", "nonfinite") for line in bare for _, meaning in line)


def test_a_narrow_title_has_the_value_if_not_the_name() -> None:
    assert "◆ 0.900" in plain(curve_lines(shown(), LOSS, 28, 8)[0])
    assert plain(curve_lines(shown(ascii_only=True), LOSS, 70, 8)[0]).isascii()


def test_what_was_chosen_is_drawn_on_its_own_scale() -> None:
    view = shown(choice=Choice("metric", "train/acc"))
    found = curve_lines(view, view.choice, 70, 12)
    assert "train/acc 0.983  ◆ val/acc 0.300  linear" in plain(found[0])
    assert title_of(view, view.choice) == "train/acc"
    gone = shown(choice=Choice("metric", "of another run"))
    assert plain(curve_lines(gone, gone.choice, 70, 12)[0]).startswith(" loss 1.03")
    rate = Choice("rate")
    assert "learning rate" in plain(curve_lines(shown(), rate, 70, 12)[0])


ANY = st.floats() | st.sampled_from([nan, inf, -inf, 5e-324, 1e308, -1e308, 0.0])


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-1, 80), ANY), min_size=1, max_size=30),
    st.booleans(),
    st.integers(13, 90),
)
def test_any_metric_can_be_drawn_and_listed(
    points: list[tuple[int, float]], ascii_only: bool, cells: int
) -> None:
    step = np.sort([step for step, _ in points])
    values = np.array([value for _, value in points])
    made = Metric(step, step * 1.0, values, values)
    named = {"val/loss": made, "字é": made, "loss": made}
    view = shown(metrics=named, ascii_only=ascii_only)
    for choice in (LOSS, Choice("metric", "字é")):
        found = curve_lines(view, choice, cells, 9)
        assert all(width(line) == cells for line in found[1:])
        broken = not np.isfinite(values).all()
        drawn = any("nonfinite" in meaning for line in found[1:] for _, meaning in line)
        assert drawn == broken
        assert not ascii_only or all(plain(line).isascii() for line in found)
    for one in quantities(view):
        line = metric_line(one, cells + 20, ascii_only=ascii_only)
        assert width(line) == cells + 20
        assert not ascii_only or plain(line).isascii()


@pytest.mark.parametrize(
    ("values", "drawn"),
    [
        ([], ""),
        ([3.0], "▄"),
        ([0.1] * 5, "▄▄▄▄▄"),
        ([1.0, nan, 3.0, inf], "▁!▇!"),
        ([1e308, -1e308], "▇▁"),
        (list(range(16)), "▁▁▁▂▂▃▃▄▄▅▅▆▆▇▇▇"),
    ],
)
def test_a_short_history(values: list[float], drawn: str) -> None:
    assert mini(np.array(values, float), 16) == drawn
    doubled = mini(np.repeat(np.array(values, float), 40), 16)
    assert len(doubled) == min(16, 40 * len(values))


def test_the_list_narrows() -> None:
    every = quantities(shown())
    assert [one.main.name for one in every] == [
        *("loss", "learning rate", "train/acc", "val/loss", "[red]evil[/]\\x1b[2J", "flat")
    ]
    assert [one.main.name for one in matching(every, "VAL acc")] == ["train/acc"]
    assert [one.main.name for one in matching(every, "loss")] == ["loss", "val/loss"]
    assert matching(every, "nothing") == []
    assert quantities(View()) == ()


def test_a_learning_rate_that_nobody_knows_is_not_listed() -> None:
    view = shown()
    assert view.facts is not None
    unknown = np.full(len(view.facts), np.nan)
    none = replace(view, facts=replace(view.facts, lr=unknown, every=None))
    assert "learning rate" not in [one.main.name for one in quantities(none)]


# The app


class Logging(FakeSource):
    """A run that logs."""

    logged: Metrics = LOGGED

    def poll(self) -> Delivery:
        return replace(super().poll(), metrics=self.logged)


def attached(directory: Path) -> WatchedRun:
    return WatchedRun("attach", directory, "python train.py")


async def test_a_metric_is_picked_and_stays(tmp_path: Path) -> None:
    async with playing(source=Logging(), watched=attached(tmp_path)) as (app, pilot):
        await until(pilot, lambda: "◆ val/loss" in text(app))
        await pilot.press("m")
        await until(pilot, lambda: isinstance(app.screen, ChartPickerScreen))
        await until(pilot, lambda: "train/acc, val/acc" in text(app))
        assert "[red]evil[/]" in text(app)
        assert "6 of 6, enter shows it" in text(app)
        await pilot.press(*"acc")
        await until(pilot, lambda: "1 of 6" in text(app))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, MainScreen))
        await until(pilot, lambda: any("─train/acc─" in line for line in lines(app)))
        assert app.session.choice == Choice("metric", "train/acc")
        await pilot.press("m", "escape")
        await until(pilot, lambda: isinstance(app.screen, MainScreen))
        assert app.session.choice == Choice("metric", "train/acc")


async def test_the_list_goes_on_and_moves(tmp_path: Path) -> None:
    source = Logging()
    async with playing(source=source, watched=attached(tmp_path), size=(80, 24)) as (app, pilot):
        await pilot.press("m")
        await until(pilot, lambda: isinstance(app.screen, ChartPickerScreen))
        picker = app.screen
        assert isinstance(picker, ChartPickerScreen)
        await until(pilot, lambda: picker.chosen == LOSS)
        await pilot.press("down", "down", "down", "up")
        assert picker.chosen == Choice("metric", "train/acc")
        source.logged = LOGGED | {"flat": metric([7.5] * 3), "new": metric([1.0])}
        await until(pilot, lambda: "7.500" in text(app))
        await until(pilot, lambda: "7 of 7" in text(app))
        assert picker.chosen == Choice("metric", "train/acc")
        await pilot.press(*"zzz")
        await until(pilot, lambda: "Nothing fits these words." in text(app))
        await pilot.press("enter")
        assert app.screen is picker
        await pilot.press("backspace", "backspace", "backspace", *"evil", "enter")
        await until(pilot, lambda: "[[red]evil[/]" in text(app))  # the tab has come to the front


async def test_looking_back_cuts_what_was_logged_later(tmp_path: Path) -> None:
    async with playing(source=Logging(per_poll=20), watched=attached(tmp_path)) as (app, pilot):
        await until(pilot, lambda: app.session.current.live_step > 45)
        app.session.look_at(20)
        view = app.session.view(app.clock())
        assert view.metrics["val/loss"].step.tolist() == [9, 19]
        assert len(view.metrics["train/acc"]) == 21
        app.session.to_live()
        assert app.session.view(app.clock()).metrics == LOGGED


async def test_the_lab_has_loss_and_learning_rate() -> None:
    async with playing() as (app, pilot):
        await pilot.press("m")
        await until(pilot, lambda: "2 of 2" in text(app))
        await pilot.press("down", "enter")
        await until(pilot, lambda: any("─learning rate─" in line for line in lines(app)))
