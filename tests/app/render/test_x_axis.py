"""Labels along a chart: never a step that is not there, round times, epochs, neighbours that agree."""

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradtui.app.render.axis import step_axis
from gradtui.app.render.curve import MARGIN, curve_lines
from gradtui.app.render.heat import beside_lines
from gradtui.app.render.history import Columns
from gradtui.app.render.line import plain
from gradtui.app.render.number import exact_label, step_label
from gradtui.app.render.quantities import NORM
from gradtui.app.render.x_axis import round_time, time_label, x_axis
from gradtui.app.render.x_scale import Clock, Extent, XScale, clock_of, units_of, x_scale
from gradtui.app.view import LOSS, Axes, View
from gradtui.core.metric import Metric
from gradtui.core.scalar_series import ScalarSeries
from tests import factories

SIZES = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9}


def said(label: str) -> float:
    """The step that a label names."""
    found = re.fullmatch(r"([\d.]+)([kMG]?)", label)
    assert found, label
    return round(float(found[1]) * SIZES[found[2]], 3)


@given(st.integers(0, 10**12))
def test_a_label_names_its_step_or_one_before_it(step: int) -> None:
    assert said(exact_label(step)) == step
    short = step_label(step)
    assert len(short) <= 5
    assert 0.99 * step - 1 <= said(short) <= step


@given(st.integers(0, 10**9), st.integers(0, 10**7), st.integers(20, 200))
def test_no_label_is_of_a_step_that_is_not_there(first: int, steps: int, cells: int) -> None:
    labels = re.findall(r"[\d.]+[kMG]?", step_axis(first, first + steps, cells, cells, " "))
    assert labels
    assert all(first <= said(label) <= first + steps for label in labels[:-1])
    assert said(labels[-1]) <= first + steps


def test_the_last_step_is_not_rounded() -> None:
    assert step_axis(0, 39_998, 60, 60, " ").split() == ["0", "10k", "20k", "30k", "39998"]


@pytest.mark.parametrize(
    ("at", "step", "label"),
    [
        (0.0, 10, "0"),
        (30.0, 10, "30 s"),
        (90.0, 30, "1:30"),
        (300.0, 300, "5 min"),
        (3600.0, 1800, "1 h"),
        (3900.0, 300, "1:05 h"),
        (3605.0, 5, "1:00:05"),
        (86400.0, 21600, "1 d"),
        (129600.0, 21600, "1 d 12 h"),
        (88200.0, 1800, "1 d 0:30 h"),
        (0.25, 0.05, "0.25 s"),
        (0.0, 0.05, "0"),
    ],
)
def test_times_in_the_units_that_say_them(at: float, step: float, label: str) -> None:
    assert time_label(at, step) == label


@given(st.floats(1e-6, 1e9))
def test_round_times_are_the_next_ones(seconds: float) -> None:
    found = round_time(seconds)
    assert seconds <= found * (1 + 1e-9)
    assert found <= 5 * seconds
    known = {10, 60, 300, 3600, 6 * 3600, 86400}
    assert {round_time(each) for each in known} == known


def timed(view: View, each: float = 0.5, pause: float = 0.0) -> View:
    """The view with times: `each` second a step, and a pause in the middle."""
    assert view.facts is not None
    steps = view.facts.steps
    time = 1e9 + each * steps + np.where(steps >= len(steps) // 2, pause, 0.0)
    return replace(view, facts=replace(view.facts, time=time))


def test_along_the_time_a_pause_is_a_gap() -> None:
    view = timed(factories.view(factories.healthy(2, 100), state="finished"), pause=100.0)
    scale = x_scale(view, 150, by_time=True)
    places = [scale.cell(step) for step in (0, 49, 50, 99)]
    assert places == [0, 24, 124, 149]
    labels = ["0", "20 s", "40 s", "1 min", "1:20", "1:40", "2 min", "2:20"]
    assert x_axis(scale, "time", view, " ").split() == " ".join(labels).split()
    for cell in (3, 24, 130, 149):
        assert scale.cell(round(scale.step(cell))) == pytest.approx(cell, abs=2)


def test_time_of_a_part_of_a_run_that_goes_on() -> None:
    view = timed(factories.view(factories.healthy(2, 100)))
    running = x_scale(view, 100, by_time=True)
    assert running.cell(99) == pytest.approx(running.used - 1, abs=1)
    assert running.used < 100
    part = x_scale(view, 100, seen=Extent(20, 60), by_time=True)
    assert [part.cell(step) for step in (19, 20, 60, 61)] == [None, 0, 99, None]


def test_epochs_are_counted_from_where_they_begin() -> None:
    made = factories.healthy(2, 100)
    info = replace(made.info, steps=100, epoch_steps=25.0)
    view = factories.view(made, state="finished", info=info)
    assert units_of(view) == ("step", "epoch")
    scale = x_scale(view, 100)
    axis = x_axis(scale, "epoch", view, " ")
    assert axis.split() == ["0", "0.5", "1", "1.5", "2", "2.5", "3", "3.5"]
    assert axis.index("2 ") == scale.cell(50)


def test_times_that_say_nothing_are_not_known() -> None:
    view = factories.view(factories.healthy(2, 50))
    assert units_of(view) == ("step",)
    assert units_of(timed(view)) == ("step", "time")
    assert units_of(timed(view, each=0.0)) == ("step",)
    assert units_of(timed(view, each=1e300)) == ("step",)
    assert view.facts is not None
    steps = view.facts.steps
    nan = np.full(50, np.nan)
    every = ScalarSeries(steps, nan, nan, nan, np.zeros(50, np.int64), np.zeros(50, np.bool_))
    assert clock_of(replace(view.facts, every=every)) is None


def test_a_clock_that_was_set_back_never_runs_backwards() -> None:
    view = timed(factories.view(factories.healthy(2, 100)), pause=-30.0)
    assert view.facts is not None
    clock = clock_of(view.facts)
    assert clock is not None
    assert (np.diff(clock.seconds) >= 0).all()


def test_charts_below_one_another_have_the_same_axis() -> None:
    """Also where a metric was logged after the last step, and norms are known of some steps."""
    logged = {"val/loss": Metric(np.array([30, 64]), np.zeros(2), np.ones(2), np.ones(2))}
    view = factories.view(factories.healthy(2, 60), metrics=logged)
    axes = {plain(curve_lines(view, choice, 90, 10)[-1]) for choice in (LOSS, NORM)}
    assert len(axes) == 1
    assert axes.pop().index("64") > MARGIN


def labels_of(axis: str) -> list[str]:
    return re.findall(r"\d[\d.]*[kM]?", axis)


@settings(deadline=None)
@given(
    st.integers(2, 700),
    st.lists(st.integers(30, 120), min_size=1, max_size=2),
    st.integers(30, 140),
    st.sampled_from(["running", "finished"]),
    st.booleans(),
)
def test_heat_map_and_charts_have_the_same_labels(
    steps: int, charts: list[int], heat: int, state: str, braille: bool
) -> None:
    made = factories.healthy(2, steps)
    view = factories.view(made, state=state, axes=Axes(tuple(charts), heat), braille=braille)
    axes = [plain(curve_lines(view, LOSS, MARGIN + cells, 8)[-1]) for cells in charts]
    axes.append(plain(beside_lines(view, heat, range(2), Columns())[1]))
    assert len({tuple(labels_of(axis)) for axis in axes}) == 1, axes


def test_labels_in_common_are_those_of_the_narrowest() -> None:
    view = factories.view(factories.healthy(2, 900), state="finished")
    alone = labels_of(plain(beside_lines(view, 120, range(2), Columns())[1]))
    both = replace(view, axes=Axes((40,), 120))
    assert len(alone) > len(labels_of(plain(beside_lines(both, 120, range(2), Columns())[1]))) > 3


SHORT = factories.view(factories.healthy(2, 3))


@given(st.integers(0, 10**6), st.integers(1, 10**6), st.integers(1, 300), st.booleans())
def test_a_part_lies_between_the_edges(first: int, count: int, cells: int, braille: bool) -> None:
    view = replace(SHORT, braille=braille)
    scale = x_scale(view, cells, seen=Extent(first, first + count - 1))
    places = [scale.cell(step) for step in range(first, first + count, max(count // 7, 1))]
    assert None not in places
    assert places == sorted(places)  # type: ignore[type-var]
    assert scale.columns <= 2 * cells or cells == 1
    later = x_scale(view, cells, seen=Extent(first + 1, first + count))
    assert (later.width, later.columns) == (scale.width, scale.columns)


def test_a_step_is_found_where_it_is_drawn() -> None:
    clock = Clock(np.array([0, 10, 20]), np.array([0.0, 1.0, 11.0]), 0.0)
    scale = XScale(0.0, 0.1, 111, 111, 111.0, 0, 20, clock)
    assert [scale.cell(step) for step in (0, 10, 15, 20)] == [0, 10, 60, 110]
    assert scale.step(60) == pytest.approx(15, abs=0.1)
