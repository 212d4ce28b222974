"""Several runs over one another: how they are aligned, which part is seen, what is drawn."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradtui.app.render.glyph import MOST_RUNS, RUN_SIGNS
from gradtui.app.render.line import plain, width
from gradtui.app.render.overlaid_run import OverlaidRun, distinct_names
from gradtui.app.render.overlay import overlay_lines
from gradtui.app.render.overlay_curves import (
    cell_of,
    choices_of,
    curve_of,
    known_choices,
)
from gradtui.app.render.overlay_frame import (
    OverlayFrame,
    Span,
    aligned,
    axis_scale,
    compared_run,
    next_point,
    panned,
    realigned,
    scales,
    span_of,
    with_chosen,
    with_cursor,
    with_hidden,
    zoomed,
)
from gradtui.app.render.quantities import NORM
from gradtui.app.themes import RANGES, RUNS
from gradtui.app.view import LOSS, Choice, View
from gradtui.core.history import History
from gradtui.core.metric import Metric
from tests.factories import mlp_layout, run_info, snapshot

LAYOUT = mlp_layout(4)
BEGAN = 1_764_000_000.0
ACC = Choice("metric", "acc")


def view(
    steps: int,
    loss: float = 1.0,
    *,
    each: float = 1.0,
    began: float = BEGAN,
    broken_from: int | None = None,
    acc: bool = True,
    state: str = "finished",
) -> View:
    kept = History(LAYOUT, run_info())
    for step in range(steps):
        value = math.nan if broken_from is not None and step >= broken_from else loss
        one = snapshot(LAYOUT, step, np.full(4, 0.1), loss=value + 0.001 * step)
        kept.append(replace(one, time=began + each * step))
    metrics = {}
    if acc:
        at = np.arange(0, steps, 10)
        metrics["acc"] = Metric(
            at, BEGAN + at, np.linspace(0, 1, len(at), dtype=np.float64), np.full(len(at), math.nan)
        )
    return View(state=state, info=run_info(), layout=LAYOUT, facts=kept.facts(), metrics=metrics)


def runs(*views: View | None, trouble: str = "") -> tuple[OverlaidRun, ...]:
    return tuple(
        OverlaidRun(place, f"run-{'abcdefgh'[place]}", "finished", one, "" if one else trouble)
        for place, one in enumerate(views)
    )


def drawn(
    given: Sequence[OverlaidRun],
    frame: OverlayFrame | None = None,
    size: tuple[int, int] = (100, 30),
    *,
    ascii_only: bool = False,
) -> list[str]:
    frame = frame or OverlayFrame()
    lines = overlay_lines(given, given, frame, *size, {}, ascii_only=ascii_only)
    assert all(width(line) <= size[0] for line in lines)
    return [plain(line) for line in lines]


PAIR = runs(view(100), view(40, 2.0, each=4.0, began=BEGAN + 50))


def test_every_run_has_a_sign_of_its_own() -> None:
    for name in ("glyph", "plain", "meaning"):
        assert len({getattr(sign, name) for sign in RUN_SIGNS}) == MOST_RUNS
    assert {sign.meaning for sign in RUN_SIGNS} == set(RUNS)
    assert {run.range_meaning for run in runs(*[None] * MOST_RUNS)} == set(RANGES)


def test_what_is_alike_stands_in_one_column() -> None:
    for alignment, ends in (("step", (0, 99)), ("time", (0, 156)), ("clock", (0, 206))):
        frame = OverlayFrame(alignment=alignment)  # type: ignore[arg-type]
        shown = aligned(PAIR, frame)
        assert span_of(shown) == pytest.approx(Span(*ends))
        one, other = scales(shown, frame, 60)
        assert one.placement == other.placement
        x = shown[1].x(20)
        assert x == pytest.approx({"step": 20, "time": 80, "clock": 130}[alignment])
        assert other.cell(20) == cell_of(axis_scale(shown, frame, 60), x)


def test_the_step_at_a_place_is_the_newest_that_is_not_after_it() -> None:
    shown = aligned(PAIR, OverlayFrame(alignment="time"))
    assert [one.step(83.0) for one in shown] == [83, 20]
    assert [one.step(84.0) for one in shown] == [84, 21]


def test_the_cursor_stays_at_the_step_when_they_are_aligned_anew() -> None:
    frame = OverlayFrame(chosen=1, cursor=20.0)
    by_time = realigned(frame, PAIR)
    assert by_time.alignment == "time"
    assert by_time.cursor == pytest.approx(80.0)
    by_clock = realigned(by_time, PAIR)
    assert by_clock.alignment == "clock"
    assert by_clock.cursor == pytest.approx(130.0)
    assert realigned(by_clock, PAIR).alignment == "step"


def test_runs_whose_times_are_not_known_are_aligned_by_steps_alone() -> None:
    still = runs(view(30, each=0.0), view(20, each=0.0))
    assert realigned(OverlayFrame(), still).alignment == "step"
    mixed = runs(view(30), view(20, each=0.0))
    by_time = OverlayFrame(alignment="time")
    assert [one.run.place for one in aligned(mixed, by_time)] == [0]
    assert any("times are not known" in line for line in drawn(mixed, by_time))


@given(
    st.lists(
        st.tuples(st.sampled_from(["zoom", "pan", "cursor"]), st.floats(-2, 2), st.floats(0, 1)),
        max_size=12,
    ),
    st.sampled_from(["step", "time", "clock"]),
)
@settings(max_examples=40)
def test_no_way_leads_out_of_the_runs(ways: list[tuple[str, float, float]], by: str) -> None:
    frame = OverlayFrame(alignment=by)  # type: ignore[arg-type]
    shown = aligned(PAIR, frame)
    whole = span_of(shown)
    for way, how, where in ways:
        x = whole.low + where * (whole.high - whole.low)
        if way == "zoom":
            frame = zoomed(frame, shown, x, 2.0**how)
        elif way == "pan":
            frame = panned(frame, shown, how)
        else:
            frame = with_cursor(frame, shown, x)
        low, high = frame.window or whole
        assert whole.low - 1e-6 <= low < high <= whole.high + 1e-6
        assert frame.cursor is None or whole.low <= frame.cursor <= whole.high
        for scale in scales(shown, frame, 60):
            assert 1 <= scale.columns <= 60


def test_the_window_goes_along_with_the_cursor() -> None:
    shown = aligned(PAIR, OverlayFrame())
    frame = with_cursor(OverlayFrame(window=Span(10, 30)), shown, 50)
    assert frame.window == Span(30, 50)
    assert with_cursor(frame, shown, 40).window == frame.window


def test_a_click_and_a_drawing_agree() -> None:
    frame = OverlayFrame(window=Span(10, 90))
    axis = axis_scale(aligned(PAIR, frame), frame, 50)
    for cell in range(50):
        assert abs((cell_of(axis, axis.x(cell)) or 0) - cell) <= 1


def test_the_next_point_is_another_one() -> None:
    shown = aligned(PAIR, OverlayFrame(alignment="time"))
    steps = np.array([0, 5, 10, 39])
    assert next_point(steps, shown[1], 20.0, 1) == pytest.approx(40.0)
    assert next_point(steps, shown[1], 20.0, -1) == pytest.approx(0.0)
    assert next_point(steps, shown[1], 21.0, -1) == pytest.approx(20.0)
    assert next_point(steps, shown[1], 156.0, 1) == pytest.approx(156.0)


def test_the_last_one_that_is_shown_is_not_hidden() -> None:
    frame = with_hidden(OverlayFrame(), PAIR)
    assert frame.hidden == {0}
    other = with_chosen(frame, PAIR, 1)
    assert with_hidden(other, PAIR) == other
    assert with_chosen(other, PAIR, 2).hidden == frozenset()  # round the end, and shown again


def test_layers_stand_beside_those_of_another_run() -> None:
    three = runs(view(5), None, view(5), trouble="damaged")
    assert compared_run(three, OverlayFrame()) is three[2]
    assert compared_run(three, OverlayFrame(chosen=2)) is three[0]
    assert compared_run(three, OverlayFrame(chosen=2, compared=2)) is three[0]
    assert compared_run(runs(view(5)), OverlayFrame()) is None


def test_all_have_their_values_at_the_cursor_and_short_ones_are_dim() -> None:
    frame = OverlayFrame(cursor=60.0)
    lines = overlay_lines(PAIR, PAIR, frame, 100, 30, {}, ascii_only=False)
    assert plain(lines[0]).startswith(" at step 60")
    assert "60" in plain(lines[1])
    assert "1.060" in plain(lines[1])
    assert "39" in plain(lines[2])
    assert any("2.039" in text and meaning == "quiet" for text, meaning in lines[2])
    assert any("1.060" in text and meaning[:6] == "strong" for text, meaning in lines[1])


def test_before_its_first_step_a_run_has_no_values() -> None:
    (line,) = [
        line
        for line in drawn(PAIR, OverlayFrame(alignment="clock", cursor=20.0))
        if "run-b" in line
    ]
    assert line.split()[3:6] == ["-", "-", "-"]


def test_a_metric_is_laid_over_the_same_metric_alone() -> None:
    some = runs(view(40), view(40, acc=False))
    lines = drawn(some, OverlayFrame(choice=ACC))
    (title,) = [line for line in lines if line.startswith(" acc")]
    assert "not in ◆ run-b" in title
    assert curve_of(some[1].view or View(), ACC) is None
    assert ACC in dict(known_choices(some))
    assert Choice("metric", "acc") not in dict(known_choices(some[1:]))


def drawn_in(three: tuple[OverlaidRun, ...], *, colours: bool) -> set[str]:
    """Meanings of all that is drawn of runs of more steps than cells, the second of which is chosen."""
    frame = OverlayFrame(chosen=1, panel="first")
    lines = overlay_lines(three, three, frame, 60, 20, {}, ascii_only=False, colours=colours)
    return {meaning for line in lines for _, meaning in line}


def test_every_run_has_its_range_in_its_own_colour() -> None:
    three = runs(*(wild(height) for height in (1.0, 30.0, 900.0)))
    assert {"range-0", "range-1", "range-2"} <= drawn_in(three, colours=True)
    assert {m for m in drawn_in(three, colours=False) if m.startswith("range")} == {"range-1"}


def wild(height: float) -> View:
    """Of 600 steps that go up and down by a factor of four."""
    kept = History(LAYOUT, run_info())
    for step in range(600):
        loss = height * (4.0 if step % 2 else 1.0)
        kept.append(snapshot(LAYOUT, step, np.full(4, 0.1), loss=loss))
    return View(state="finished", info=run_info(), layout=LAYOUT, facts=kept.facts())


def test_a_nan_is_where_it_begins() -> None:
    some = runs(view(100), view(100, 2.0, broken_from=50))
    lines = drawn(some)
    at = [line.index("◆NaN") for line in lines if "◆NaN" in line]
    assert len(at) == 1
    assert at[0] - 8 == pytest.approx(92 / 2, abs=2)
    assert next(line.split()[4] for line in lines if "run-b" in line) == "NaN"


@pytest.mark.parametrize("height", [1.5, 2.0, 3.0, 5.0])
def test_the_sign_before_a_nan_is_that_of_its_own_run(height: float) -> None:
    both = runs(view(60, height), view(60, broken_from=20))
    for cells in range(40, 80):
        frame = OverlayFrame(panel="first")
        lines = overlay_lines(both, both, frame, cells, 14, {}, ascii_only=False)
        assert "◆NaN" in "".join(map(plain, lines[3:]))


def test_signs_of_curves_that_do_not_part_stand_beside_one_another() -> None:
    lines = "\n".join(drawn(runs(view(90), view(90), view(90)), size=(140, 40)))
    charts = lines[lines.index("loss", 200) :]
    assert all(charts.count(sign.glyph) >= 4 for sign in RUN_SIGNS[:3])


def test_trouble_is_one_line_and_the_others_are_drawn() -> None:
    some = runs(view(30), None, view(30), trouble="run.json is damaged")
    lines = drawn(some)
    assert "run.json is damaged" in lines[2]
    assert "★" not in "".join(lines)
    assert sum("■" in line for line in lines) > 1


def test_nothing_yet_is_said() -> None:
    lines = drawn(runs(None, None))
    assert "nothing to draw yet" in "\n".join(lines)
    assert "no steps" in lines[1]  # it is over
    waiting = drawn([replace(run, state="starting") for run in runs(None, None)])
    assert "nothing yet" in waiting[1]


@pytest.mark.parametrize(
    ("size", "ascii_only", "count"),
    [
        ((40, 12), False, 2),
        ((40, 12), True, 8),
        ((80, 24), False, 8),
        ((80, 24), True, 1),
        ((140, 45), True, 8),
        ((200, 60), False, 2),
        ((300, 100), True, 2),
    ],
)
def test_every_size_is_filled(size: tuple[int, int], ascii_only: bool, count: int) -> None:
    some = runs(*[replace(view(30), ascii_only=ascii_only)] * count)
    lines = drawn(some, size=size, ascii_only=ascii_only)
    assert len(lines) <= size[1]
    if size[1] >= 24:
        assert len(lines) == size[1]
        assert "all of the runs" in lines[-1]
    if ascii_only:
        assert "\n".join(lines).isascii()


def test_there_is_a_third_chart_where_there_is_room() -> None:
    one = view(30)
    logged = replace(one, metrics={"val_loss": one.metrics["acc"]})
    frame = OverlayFrame()
    assert choices_of(runs(logged), frame, 20) == (LOSS, NORM)
    assert choices_of(runs(logged), frame, 40) == (LOSS, NORM, Choice("metric", "val_loss"))
    assert choices_of(runs(logged), frame, 8) == (LOSS,)
    assert choices_of(runs(logged), replace(frame, panel="norm"), 40) == (NORM,)


def test_names_say_as_much_as_tells_them_apart() -> None:
    stamped = [Path(f"/r/20261121-06333{n}-train-3f9a0{n}") for n in range(2)]
    assert distinct_names(stamped) == ["train-3f9a00", "train-3f9a01"]
    same = [Path(f"/r/20261121-06333{n}-train") for n in range(2)]
    assert distinct_names(same) == [path.name for path in same]
    assert distinct_names([Path("/a/b/exp"), Path("/a/c/exp")]) == ["b/exp", "c/exp"]
    assert distinct_names([Path("/a/exp"), Path("/a/exp")]) == ["//a/exp", "//a/exp"]
