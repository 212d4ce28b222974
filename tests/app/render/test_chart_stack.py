"""The charts in full size as they are drawn."""

from dataclasses import replace
from math import nan

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gradtui.app.render.chart_frame import ChartFrame
from gradtui.app.render.chart_stack import all_kept, scale_of, shown_step, stack_lines, steps_of
from gradtui.app.render.curve import MARGIN
from gradtui.app.render.line import plain, width
from gradtui.app.render.quantities import Curve, Stretches, measured
from gradtui.app.render.series import running_median, thin
from gradtui.app.render.trace import trace
from gradtui.app.render.x_scale import Extent, XScale
from gradtui.app.view import View
from gradtui.core.extremes import Extremes, Range
from gradtui.core.logged import Logged
from gradtui.core.metric import Metric
from gradtui.core.scalar_series import ScalarSeries
from gradtui.core.stretch import Stretch
from gradtui.doctor.guessing import Guess
from tests import factories

SPIKE, LOST = 140, 201


def made(steps: int = 300, **changes: object) -> View:
    """A spike at SPIKE and a NaN at LOST; half a second a step, 100 steps an epoch, two metrics."""
    run = factories.healthy(2, steps)
    losses = {SPIKE: 1e5, LOST: nan}
    run.loss = lambda step: losses.get(step, 2.0 - step / 400 + 0.02 * (step % 3))
    info = replace(run.info, steps=300, epoch_steps=100.0)
    view = factories.view(run, info=info, **changes)  # type: ignore[arg-type]
    assert view.facts is not None
    facts = replace(view.facts, info=info, time=1e9 + view.facts.steps * 0.5)
    at = np.arange(9, steps, 10)
    logged = {
        "val/loss": Metric(at, 1e9 + at, 1.0 + at / 1e4, at * 1.0),
        "acc": Metric(at, 1e9 + at, at / 1e3, at * 1.0),
    }
    guess = Guess(1.9, "guessing")
    return replace(
        view, facts=facts, whole=facts, metrics=logged, whole_metrics=logged, guess=guess
    )


VIEW = made()


def text(view: View, frame: ChartFrame, cells: int = 140, lines: int = 38) -> str:
    return "\n".join(plain(line) for line in stack_lines(view, frame, cells, lines))


@example(90, 106, "step", 0, 0, (30, 9), True)
@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 292),
    st.integers(8, 300),
    st.sampled_from(["step", "time", "epoch"]),
    st.sampled_from([0, 10, 100]),
    st.integers(0, 299),
    st.sampled_from([(72, 19), (138, 39), (30, 9)]),
    st.booleans(),
)
def test_neither_spike_nor_nan_is_hidden_at_any_zoom(
    first: int,
    count: int,
    unit: str,
    median: int,
    cursor: int,
    size: tuple[int, int],
    ascii_only: bool,
) -> None:
    window = Extent(first, min(first + count - 1, 299))
    frame = ChartFrame(window, False, cursor, unit, median, "first")  # type: ignore[arg-type]
    view = replace(VIEW, ascii_only=ascii_only, braille=not ascii_only)
    found = stack_lines(view, frame, *size)
    assert len(found) == size[1]
    assert all(width(line) <= size[0] for line in found)
    assert not ascii_only or all(plain(line).isascii() for line in found)
    drawn = "\n".join(plain(line) for line in found[2:-1])
    assert ("NaN/inf" in drawn) == (window.first <= LOST <= window.last)
    if window.first <= SPIKE <= window.last and cursor != SPIKE:
        scale = scale_of(view, frame, size[0])
        at = scale.cell(SPIKE)
        assert at is not None
        column = [plain(line)[MARGIN + at] for line in found[2:-2]]
        assert any(char != " " for char in column[:3])  # an arrow, or the line itself


def test_the_cursor_has_the_values_of_its_step() -> None:
    top = text(VIEW, ChartFrame(cursor=150)).splitlines()[0]
    for words in (
        " step 150 ",
        "1:15",
        "epoch 2/3",
        "loss 1.625",
        "val/loss 1.015 at 149",
        "acc 0.149 at 149",
    ):
        assert words in top, words
    assert top.count("val/loss") == 1
    assert "loss NaN" in text(VIEW, ChartFrame(cursor=LOST))
    found = stack_lines(VIEW, ChartFrame(cursor=LOST), 140, 38)
    assert ("NaN", "nonfinite") in found[0]
    column = MARGIN + (scale_of(VIEW, ChartFrame(), 140).cell(150) or 0)
    rows = text(VIEW, ChartFrame(cursor=150)).splitlines()
    assert sum(row[column : column + 1] == "│" for row in rows) > 25
    assert " loss 1.625 " in rows[1]


def test_where_the_rest_of_the_screen_is_shows_too() -> None:
    assert VIEW.facts is not None
    back = replace(VIEW, facts=VIEW.facts.until(100), scrubbing=True)
    assert shown_step(back) == 99
    assert " step 99 " in text(back, ChartFrame())
    assert "┊" not in text(back, ChartFrame())
    assert "┊" in text(back, ChartFrame(cursor=200))
    assert "299" in text(back, ChartFrame()).splitlines()[-2]  # all of the run
    assert shown_step(VIEW) == 299


def test_what_is_not_known_is_said() -> None:
    view = factories.view(factories.healthy(2, 50))
    assert "(times and epochs are not known)" in text(view, ChartFrame())
    assert "by steps" in text(view, ChartFrame(unit="time"))
    assert "not known" not in text(VIEW, ChartFrame())
    assert "by time" in text(VIEW, ChartFrame(unit="time"))
    assert "1:40" in text(VIEW, ChartFrame(unit="time")).splitlines()[-2]
    assert "nothing yet" in text(View(), ChartFrame())


def test_which_charts_there_are() -> None:
    assert "total norm 0" not in text(VIEW, ChartFrame(panel="first")).splitlines()[1]
    both = text(VIEW, ChartFrame())
    assert sum("  log" in line for line in both.splitlines()) == 2
    assert sum("  log" in line for line in text(VIEW, ChartFrame(), 80, 11).splitlines()) == 1
    log = Logged("CSV", "x.csv")
    info = replace(VIEW.info, logged=log)  # type: ignore[type-var]
    assert "norm" not in text(replace(VIEW, info=info), ChartFrame(panel="norm")).splitlines()[1]
    # With labels under the lowest alone the margins agree.
    edges = {line[MARGIN - 1] for line in both.splitlines() if line[MARGIN - 1 : MARGIN] in "│┤└"}
    assert edges == {"│", "┤", "└"}


def test_the_loss_of_guessing_is_a_line_or_in_the_title() -> None:
    whole = text(VIEW, ChartFrame())
    assert " guessing 1.900" in whole
    near = text(VIEW, ChartFrame(window=Extent(220, 299)))
    assert "guessing 1.900" not in "\n".join(near.splitlines()[2:])
    assert "guessing 1.900" in near.splitlines()[1]
    assert "guessing" not in text(replace(VIEW, guess=None), ChartFrame())


def test_a_running_median_keeps_the_range() -> None:
    frame = ChartFrame(median=10, panel="first")
    found = stack_lines(replace(VIEW, braille=True), frame, 140, 38)
    meanings = {meaning for line in found[2:-2] for _, meaning in line}
    assert {"accent", "quiet", "nonfinite"} <= meanings
    assert "median of 10 steps" in plain(found[-1])
    assert any("▲" in plain(line) for line in found)


@given(st.lists(st.floats(-1e3, 1e3) | st.just(nan), min_size=1, max_size=40), st.integers(2, 12))
def test_the_median_of_those_around(values: list[float], window: int) -> None:
    found = running_median(np.arange(len(values)), np.array(values), window)
    half = window // 2 if window > 2 else 0
    for at, value in enumerate(found.tolist()):
        around = np.array(values[max(at - half, 0) : at + half + 1])
        around = around[~np.isnan(around)]
        expected = np.median(around) if not np.isnan(values[at]) else nan
        np.testing.assert_allclose(value, expected, rtol=1e-12, atol=1e-12)


def test_points_too_far_apart_for_a_median() -> None:
    steps, values = np.arange(0, 1000, 50), np.random.default_rng(0).normal(size=20)
    assert running_median(steps, values, 100) is values
    assert running_median(steps, values, 200) is not values


def long_view() -> View:
    """Of 16,000 steps every 16th is kept; a spike lies between two."""
    view = factories.view(factories.healthy(2, 1000))
    assert view.facts is not None
    steps = np.arange(0, 16_000, 16)
    low, high = np.ones(1000), np.full(1000, 1.5)
    high[500] = 90.0
    broken = np.zeros(1000, np.bool_)
    broken[700] = True
    part = Range(low, high, broken)
    facts = replace(
        view.facts, steps=steps, loss=np.full(1000, 1.2), extremes=Extremes(16, steps, part, part)
    )
    return replace(view, facts=facts, whole=facts, live_step=int(steps[-1]))


def test_a_spike_between_the_steps_that_are_kept() -> None:
    view = long_view()
    drawn = text(view, ChartFrame(panel="first"))
    assert "NaN/inf" in drawn
    assert "▲" in drawn or "30┤" in drawn
    assert "loss of every 16th step" in drawn
    near = text(view, ChartFrame(Extent(7900, 8100), panel="first"))
    assert "30┤" in near


def test_with_all_steps_of_the_window_the_cursor_goes_through_each() -> None:
    view, window = long_view(), Extent(7990, 8020)
    frame = ChartFrame(window)
    assert not all_kept(view, frame)
    steps = np.arange(7990, 8021)
    loss = np.where(steps == 8003, 90.0, 1.2)
    none = np.full(31, nan)
    scalars = ScalarSeries(steps, none, loss, none, np.zeros(31, np.int64), np.zeros(31, np.bool_))
    full = replace(view, stretch=Stretch(7990, 8020, scalars, steps[::2], np.ones(16)))
    found = steps_of(full, frame, 38)
    assert set(steps.tolist()) <= set(found.tolist())
    assert "loss 90.00 " in text(full, replace(frame, cursor=8003)).splitlines()[0]
    assert "every 16th" not in text(full, replace(frame, panel="first"))
    assert all_kept(VIEW, ChartFrame(Extent(0, 50)))


def test_spikes_of_several_optimizers_are_seen_as_well() -> None:
    """Of the norm of all together no more is known than that it was no smaller."""
    facts = long_view().facts
    assert facts is not None
    turns = replace(facts, optimizer=np.arange(len(facts)) % 2)
    assert turns.scalars.optimizer.any()
    loss, norm = measured(turns, "loss").between, measured(turns, "norm").between
    assert loss is not None
    assert norm is not None
    assert np.nanmax(loss.range.high) == np.nanmax(norm.range.high) == 90.0
    assert np.isnan(norm.range.low).all()
    assert not np.isnan(loss.range.low).all()
    view = replace(long_view(), facts=turns, whole=turns)
    assert "▲" in text(view, ChartFrame(panel="first")) + text(view, ChartFrame(panel="norm"))


def stretch(first: int, last: int) -> Stretch:
    """Losses of 2 at odd steps, norms of 5 at every third."""
    steps = np.arange(first, last + 1)
    none = np.full(len(steps), nan)
    loss = np.where(steps % 2 == 1, 2.0, 1.2)
    numbers, skipped = np.zeros(len(steps), np.int64), np.zeros(len(steps), np.bool_)
    scalars = ScalarSeries(steps, none, loss, none, numbers, skipped)
    measured = steps[steps % 3 == 0]
    return Stretch(first, last, scalars, measured, np.full(len(measured), 5.0))


def test_values_at_the_cursor_do_not_hang_on_the_window() -> None:
    """Of a long run some steps are kept; those of the window are read where there are few enough."""
    view, near = long_view(), stretch(8003 - 256, 8003)
    wide = ChartFrame(cursor=8003)
    narrow = ChartFrame(Extent(7990, 8020), cursor=8003)
    seen = replace(view, stretch=stretch(7990, 8020))
    said = []
    for what, frame in ((view, wide), (seen, narrow)):
        lines = [plain(line) for line in stack_lines(what, frame, 120, 30, near=near)]
        titles = [line.split("log")[0] for line in lines if line.startswith((" loss ", " total"))]
        said.append([lines[0], *titles])
    assert said[0] == said[1]
    assert "loss 2.000 " in said[0][0]
    assert "total norm 5.0e+00 at 8,001" in said[0][0]
    alone = plain(stack_lines(view, wide, 120, 30)[0])
    assert "loss 1.200 at 7,999" in alone or "loss 1.200 at 8,0" in alone


def test_a_line_comes_from_outside_and_goes_on_there() -> None:
    scale = XScale(100.0, 1.0, 50, 50, 50.0, 100, 149)
    found = trace(Curve("loss", np.array([0, 200]), np.array([1.0, 3.0])), scale)
    assert found.before == (-99.5, 1.0)
    assert found.after == (100.5, 3.0)
    assert found.values.tolist() == [1.0, 3.0]
    lost = trace(Curve("loss", np.array([0, 120, 200]), np.array([nan, 1.0, 3.0])), scale)
    assert lost.before is None
    assert lost.series.broken.nonzero()[0].tolist() == list(range(20))


def test_a_stretch_that_is_wider_than_a_column_is_in_all_of_it() -> None:
    part = Range(np.array([1.0]), np.array([9.0]), np.array([False]))
    curve = Curve(
        "loss", np.array([0, 16]), np.array([2.0, 2.0]), Stretches(16, np.array([0]), part)
    )
    found = trace(curve, XScale(4.0, 2.0, 10, 10, 10.0, 4, 23)).series
    assert found.high.tolist()[:6] == [9.0] * 6
    assert np.isnan(found.high[7:]).all()
    assert thin(np.array([5]), np.array([1.0]), 4, 2, 3).low[0] == 1.0


@pytest.mark.parametrize("size", [(11, 5), (12, 6), (13, 7), (400, 90)])
def test_any_size(size: tuple[int, int]) -> None:
    found = stack_lines(VIEW, ChartFrame(), *size)
    assert len(found) in (1, size[1])
