"""Zoom, pan and cursor of the charts in full size."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradtui.app.render.chart_frame import (
    LEAST,
    ChartFrame,
    known_step,
    nearest_step,
    next_median,
    next_panel,
    next_unit,
    panned,
    with_cursor,
    zoomed,
)
from gradtui.app.render.x_scale import Clock, Extent, XScale

WHOLE = Extent(0, 999)


def scale(frame: ChartFrame, whole: Extent = WHOLE, clock: Clock | None = None) -> XScale:
    seen = frame.seen(whole) or whole
    if clock is None:
        return XScale(seen.first, (seen.last - seen.first + 1) / 100, 100, 100, 100.0, *seen)
    low, high = (float(clock.at(float(step))) for step in seen)
    return XScale(low, (high - low) / 99, 100, 100, 100.0, *seen, clock)


def zoom(frame: ChartFrame, step: float, factor: float) -> ChartFrame:
    return zoomed(frame, WHOLE, scale(frame), step, factor)


def test_zoom_keeps_a_step_in_its_place() -> None:
    frame = zoom(ChartFrame(), 500, 0.5)
    assert frame.window == Extent(250, 750)
    frame = zoom(frame, 300, 0.5)
    assert frame.window == Extent(275, 525)
    assert not frame.follows


def test_at_the_newest_end_it_goes_with_the_run() -> None:
    frame = zoom(ChartFrame(), 999, 0.5)
    assert frame.follows
    assert frame.seen(Extent(0, 1009)) == Extent(510, 1009)
    stays = zoom(ChartFrame(), 400, 0.5)
    assert stays.seen(Extent(0, 2000)) == stays.window
    held = with_cursor(frame, WHOLE, 600)
    assert held.seen(Extent(0, 1009)) == Extent(510, 1009)
    assert held.seen(Extent(0, 5000)) == Extent(600, 1099)  # the cursor stays in sight
    back = panned(frame, Extent(0, 1009), -100)
    assert not back.follows
    assert back.seen(Extent(0, 5000)) == Extent(410, 909)
    assert panned(back, Extent(0, 1009), 10**6).follows


@given(
    st.lists(
        st.tuples(
            st.sampled_from([0.5, 2.0, 1.4, 1 / 1.4]), st.integers(0, 999), st.integers(-800, 800)
        ),
        max_size=20,
    ),
    st.booleans(),
)
def test_whatever_is_pressed_what_is_seen_is_there(
    presses: list[tuple[float, int, int]], by_time: bool
) -> None:
    seconds = np.cumsum(np.random.default_rng(0).exponential(size=1000))
    clock = Clock(np.arange(1000), seconds - seconds[0], 0.0) if by_time else None
    frame = ChartFrame()
    for factor, step, by in presses:
        seen = frame.seen(WHOLE) or WHOLE
        inside = min(max(step, seen.first), seen.last)
        frame = zoomed(frame, WHOLE, scale(frame, clock=clock), inside, factor)
        after = frame.seen(WHOLE)
        if factor > 1 and after is not None:
            assert after.last - after.first > seen.last - seen.first
        frame = panned(frame, WHOLE, by)
        after = frame.seen(WHOLE)
        if after is not None:
            assert after.first >= 0
            assert after.last <= 999
            assert after.last - after.first + 1 >= LEAST
        frame = with_cursor(frame, WHOLE, step)
        after = frame.seen(WHOLE)
        assert frame.cursor == step
        assert after is None or after.first <= step <= after.last


def test_enough_zoom_out_is_the_whole_run() -> None:
    frame = zoom(zoom(ChartFrame(), 100, 0.01), 100, 0.01)
    assert frame.window is not None
    assert frame.window.last - frame.window.first + 1 == LEAST
    for _ in range(12):
        frame = zoom(frame, 100, 2.0)
    assert frame == ChartFrame()
    assert panned(frame, WHOLE, 10) == frame


def test_a_window_of_a_longer_run_ends_where_this_one_does() -> None:
    assert ChartFrame(window=Extent(500, 900)).seen(Extent(0, 600)) == Extent(200, 600)


@pytest.mark.parametrize(
    ("step", "by", "found"),
    [(4, 1, 7), (4, -1, 2), (5, 1, 7), (5, -1, 4), (9, 1, 9), (2, -1, 2), (0, 2, 4)],
)
def test_the_cursor_goes_where_a_value_is_known(step: int, by: int, found: int) -> None:
    assert known_step(np.array([2, 4, 7, 9]), step, by) == found


def test_the_nearest_step() -> None:
    steps = np.array([2, 4, 7, 9])
    assert [nearest_step(steps, at) for at in (-3.0, 2.9, 3.1, 7.0, 50.0)] == [2, 2, 4, 7, 9]


def test_what_is_cycled_through() -> None:
    frame = ChartFrame()
    assert [(frame := next_median(frame)).median for _ in range(3)] == [10, 100, 0]
    assert [(frame := next_panel(frame, 1)).panel for _ in range(3)] == ["first", "norm", "both"]
    assert [(frame := next_unit(frame, ("step", "epoch"))).unit for _ in range(3)] == [
        "epoch",
        "step",
        "epoch",
    ]
    assert next_unit(frame, ("step", "time")).unit == "step"
    moved = ChartFrame(Extent(1, 30), True, 5, "time", 10, "norm")
    assert moved.for_another_run() == ChartFrame(unit="time", median=10, panel="norm")
