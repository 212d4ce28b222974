from dataclasses import replace
from math import inf, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradtui.app.render.axis import robust_limits, step_axis, tick_labels
from gradtui.app.render.canvas import polyline
from gradtui.app.render.curve import curve_lines
from gradtui.app.render.depth import HEAD, depth_lines
from gradtui.app.render.drawn import Drawn
from gradtui.app.render.glyph import BLOCKS
from gradtui.app.render.heat import beside_lines, grouped, heat_lines, row_at, worst
from gradtui.app.render.histogram import histogram_lines
from gradtui.app.render.history import Columns, stride_for
from gradtui.app.render.line import plain, width
from gradtui.app.render.series import latest, thin
from gradtui.app.view import LOSS, View
from gradtui.core.snapshot import HIST_BINS, HIST_LOW
from tests import factories

ANY = st.floats() | st.sampled_from([nan, inf, -inf, 5e-324, 1e308, -1e308, 0.0])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(ANY, ANY), max_size=30), st.booleans())
def test_nothing_that_reaches_plotext_can_hurt_it(
    points: list[tuple[float, float]], ascii_only: bool
) -> None:
    x, y = np.array([p[0] for p in points]), np.array([p[1] for p in points])
    drawn = polyline(
        x,
        y,
        x_limits=(-1e308, 1e308),
        y_limits=(-1.0, 1e300),
        width=20,
        height=4,
        ascii_only=ascii_only,
    )
    assert [len(row) for row in drawn] == [20] * 4
    assert not ascii_only or "".join(drawn).isascii()


def test_plotext_writes_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    line = np.arange(9.0)
    drawn = polyline(line, line, x_limits=(0, 8), y_limits=(0, 8), width=9, height=3)
    assert capfd.readouterr() == ("", "")
    assert drawn[0].strip()
    assert drawn[0].index(drawn[0].strip()[0]) > drawn[2].index(drawn[2].strip()[0])


@settings(max_examples=60, deadline=None)
@given(st.lists(ANY, min_size=1, max_size=40), st.booleans(), st.booleans())
def test_any_loss_can_be_drawn(losses: list[float], log: bool, ascii_only: bool) -> None:
    made = factories.healthy(2, len(losses))
    made.loss = losses.__getitem__
    view = factories.view(made, log_scale=log, ascii_only=ascii_only)
    lines = curve_lines(view, LOSS, 50, 9)
    assert len(lines) == 9
    assert all(width(line) == 50 for line in lines[1:])
    broken = any(not np.isfinite(loss) for loss in losses)
    assert ("NaN/inf" in "".join(plain(line) for line in lines)) == broken
    assert not ascii_only or all(plain(line).isascii() for line in lines)


@pytest.mark.parametrize("size", [(300, 90), (81, 25), (20, 4)])
def test_a_line_goes_from_edge_to_edge_of_any_canvas(size: tuple[int, int]) -> None:
    width, height = size
    x = np.array([0.0, width])
    drawn = polyline(x, x, x_limits=(0, width), y_limits=(0, width), width=width, height=height)
    assert drawn[0][-1] != " "
    assert drawn[-1][0] != " "


def test_one_spike_does_not_flatten_the_rest() -> None:
    values = np.concatenate([np.linspace(1.0, 2.0, 200), [1e9]])
    low, high = robust_limits(values, log=False)
    assert low <= 1.0
    assert high < 10.0


def test_the_spike_is_an_arrow() -> None:
    made = factories.healthy(2, 120)
    made.loss = lambda step: 1e9 if step == 60 else 2.0 - step / 200
    lines = curve_lines(factories.view(made, log_scale=False), LOSS, 130, 10)
    assert "▲" in plain(lines[1])


def test_a_steep_but_steady_rise_is_shown_whole() -> None:
    assert robust_limits(np.linspace(0, 30, 100), log=True) == (0.0, 30.0)


@given(st.lists(st.floats(-1e308, 1e308), max_size=30), st.booleans())
def test_limits_hold_room(values: list[float], log: bool) -> None:
    shown = np.clip(values, -300, 300) if log else np.array(values, dtype=float)
    low, high = robust_limits(shown, log=log)
    assert low < high
    assert all(len(text) <= 7 for text in tick_labels(low, high, 10, log=log).values())


@pytest.mark.parametrize(
    ("low", "high", "log", "labels"),
    [
        (0.0, 1.0, False, ["0", "0.5", "1.0"]),
        (0.2, 1.4, False, ["0.5", "1.0"]),
        (2.28, 2.32, False, ["2.28", "2.30", "2.32"]),
        (-3.0, 3.0, True, ["0.01", "1", "100"]),
        (-12.0, 0.0, True, ["1e-10", "1e-5", "1"]),
        (-0.5, 0.5, True, ["0.5", "1", "2"]),
        (0.1, 0.2, True, ["1.3", "1.4", "1.5"]),
    ],
)
def test_ticks_are_round(low: float, high: float, log: bool, labels: list[str]) -> None:
    assert list(tick_labels(low, high, 9, log=log).values()) == labels


@given(st.floats(-30, 30), st.floats(0.06, 30), st.integers(3, 60), st.booleans())
def test_labels_are_as_far_apart_as_lines_allow(
    low: float, span: float, lines: int, log: bool
) -> None:
    """Not one line and then two, as 2 and 5 are in a low chart."""
    low, high = robust_limits(np.array([low, low + span]), log=log)
    at = sorted(tick_labels(low, high, lines, log=log))
    gaps = np.diff(at)
    assert not len(gaps) or gaps.max() <= 1.5 * gaps.min()


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(1, 90))
def test_the_last_step_is_at_the_end_of_the_axis(first: int, steps: int, cells: int) -> None:
    axis = step_axis(first, first + steps, cells, cells, "─")
    assert len(axis) == cells
    assert cells < 5 or axis[-1] != "─"


@pytest.mark.parametrize("steps", [7, 30, 61, 100, 500])
def test_a_run_that_is_over_fills_the_width(steps: int) -> None:
    view = factories.view(factories.healthy(4, steps), state="finished")
    chart = [plain(line) for line in curve_lines(view, LOSS, 100, 12)]
    assert any(line[-3:].strip() for line in chart[1:-1])
    heat = heat_lines(view, 100, 12, Columns())
    assert plain(heat[0]).rstrip().endswith("█")
    assert len(plain(heat[0]).rstrip()) >= 97


def test_the_heat_map_says_that_nothing_matches() -> None:
    view = factories.view(factories.healthy(), order=())
    assert "no row matches the filter" in plain(heat_lines(view, 60, 9, Columns())[0])


def test_the_sick_run_is_a_second_series() -> None:
    made = factories.vanishing()
    view = factories.view(factories.healthy(20), reference=factories.reference(made))
    lines = curve_lines(view, LOSS, 60, 10)
    assert "sick" in plain(lines[0])
    assert any(meaning == "reference" for line in lines[1:] for _, meaning in line)


def test_thinning_keeps_minimum_and_maximum() -> None:
    steps, values = np.arange(100), np.ones(100)
    values[41], values[42] = 9.0, -9.0
    series = thin(steps, values, 0, 10, 10)
    assert (series.low[4], series.high[4]) == (-9.0, 9.0)
    assert not series.broken.any()


def test_quantities_measured_now_and_then_are_held() -> None:
    steps = np.arange(12)
    values = np.where(steps % 5 == 0, steps, nan).astype(float)
    thinned, now = latest(steps, values, ~np.isnan(values), 20)
    assert now == 10
    assert thinned.tolist() == [0, 0, 0, 0, 0, 5, 5, 5, 5, 5, 10, 10]
    late = np.where(steps % 5 == 3, steps, nan).astype(float)
    held, _ = latest(steps, late, ~np.isnan(late), 20)
    assert held.tolist() == [3, 3, 3, 3, 3, 3, 3, 3, 8, 8, 8, 8]  # below the one above it
    every, _ = latest(steps, steps.astype(float), np.ones(12, np.bool_), 5)
    assert len(every) == len(latest(steps, late, ~np.isnan(late), 5)[0]) == 4


def test_dots_have_twice_the_columns() -> None:
    """A spike of one step among 400 stands where it is, in a curve of 100 cells."""
    made = factories.healthy(4, 400)
    made.loss = lambda step: 9.0 if step == 250 else 1.0
    view = factories.view(made, log_scale=False)
    for braille in (False, True):
        lines = curve_lines(replace(view, braille=braille), LOSS, 108, 12)
        assert len(lines) == 12
        assert all(width(line) == 108 for line in lines[1:])
        drawn = {char for line in lines[1:-1] for char in plain(line)[8:]} - {" "}
        assert any(0x2800 < ord(char) < 0x2900 for char in drawn) is braille
    blocks, dots = (
        sum(char != " " for char in plain(line)[8:])
        for line in (
            curve_lines(view, LOSS, 108, 12)[2],
            curve_lines(replace(view, braille=True), LOSS, 108, 12)[2],
        )
    )
    assert 1 <= dots <= blocks


@pytest.mark.parametrize("state", ["running", "finished"])
def test_one_lost_step_is_marked_in_dots_as_well(state: str) -> None:
    made = factories.healthy(4, 333)
    made.loss = lambda step: nan if step == 201 else 1.0
    lines = curve_lines(factories.view(made, state=state, braille=True), LOSS, 58, 10)
    assert "NaN/inf" in plain(lines[1])
    (at,) = {plain(line).index("╎") for line in lines[1:-1]}
    width_used = 50 if state == "finished" else 333 / stride_for(333, 100) / 2
    assert at - 8 == pytest.approx(201 / 333 * width_used, abs=1)


def test_heat_marks_nan_columns_and_the_time() -> None:
    lines = heat_lines(factories.view(factories.exploding()), 90, 16, Columns())
    assert plain(lines[0]).rstrip().endswith("!" * 20)
    assert plain(lines[-2]).split() == ["0", "20", "40", "59"]
    assert "NaN" in plain(lines[-1])


@pytest.mark.parametrize("size", [(20, 4), (60, 10), (120, 40)])
@pytest.mark.parametrize("ascii_only", [False, True])
def test_heat_fits(size: tuple[int, int], ascii_only: bool) -> None:
    view = factories.view(factories.deep(), ascii_only=ascii_only)
    lines = heat_lines(view, *size, Columns(), by_shape=True)
    assert len(lines) <= size[1]
    assert all(width(line) <= size[0] for line in lines[:-1])
    assert not ascii_only or all(plain(line).isascii() for line in lines)


def test_each_line_of_the_heat_map_shows_its_worst_row() -> None:
    logs = np.array([[-1.0, -9.0, 0.0], [-1.0, nan, inf], [-inf, 20.0, 0.0]])
    np.testing.assert_array_equal(worst(logs), [-9.0, nan, -inf])


def test_rows_of_the_map_beside_the_layers_are_theirs() -> None:
    view = factories.view(factories.exploding(), order=(5, 0, 3), selected=0)
    lines = beside_lines(view, 70, range(2), Columns())
    legend, axis, *rows = (plain(line) for line in lines)
    assert legend.startswith("heat map  1e-15")
    assert axis.split() == ["0", "20", "40", "59"]
    assert [len(row) for row in rows] == [60, 60, 0]
    assert rows[0].endswith("!" * 20)
    whole = beside_lines(view, 70, range(3), Columns())
    alone = beside_lines(replace(view, order=(3,)), 70, range(1), Columns())
    assert whole[4] == alone[2]
    assert "no history yet" in plain(beside_lines(View(), 70, range(0), Columns())[1])


def test_heights_by_the_maps_own_values_and_colours_as_ever() -> None:
    view = factories.view(factories.healthy(8))
    fixed = beside_lines(view, 90, range(8), Columns())
    own = beside_lines(replace(view, own_scale=True), 90, range(8), Columns())
    assert {char for line in fixed[2:] for char in plain(line)} == {"█"}
    drawn = {char for line in own[2:] for char in plain(line)}
    assert {"▁", "█"} <= drawn <= set(BLOCKS)
    for line, other in zip(fixed[2:], own[2:], strict=True):
        assert {meaning for _, meaning in other} == {meaning for _, meaning in line}
    low, high = (float(word) for word in plain(own[0]).split() if word[0].isdigit())
    assert view.facts is not None
    norms = view.facts.row_norms
    assert norms.min() <= low < high <= norms.max() * 1.1
    ascii_only = beside_lines(
        replace(view, own_scale=True, ascii_only=True), 90, range(8), Columns()
    )
    assert all(plain(line).isascii() for line in ascii_only)


def test_noise_is_not_blown_up() -> None:
    made = factories.healthy(4)
    made.norms = lambda step: np.full(4, 0.1 * (1 + 0.01 * (step % 2)))
    view = factories.view(made, own_scale=True)
    lines = beside_lines(view, 90, range(4), Columns())
    assert {char for line in lines[2:] for char in plain(line)} <= {"▄", "▅"}


def test_a_click_finds_the_row() -> None:
    assert grouped(10, 7) == [(0, 2), (2, 4), (4, 6), (6, 8), (8, 10)]
    assert row_at(1, 10, 7) == 2
    assert row_at(5, 10, 7) is None


@given(st.lists(st.integers(0, 2**32 - 1), min_size=HIST_BINS, max_size=HIST_BINS))
@settings(max_examples=20)
def test_any_histogram_fits(counts: list[int]) -> None:
    for line in histogram_lines(np.array(counts, dtype=float), 50, 4):
        assert width(line) <= 50


def test_a_histogram_peaks_where_its_elements_are() -> None:
    counts = np.zeros(HIST_BINS)
    counts[-20 - HIST_LOW] = 100
    counts[-21 - HIST_LOW] = 50
    lines = [plain(line) for line in histogram_lines(counts, 64, 4)]
    assert lines[0].strip() == "████"
    assert "2^-24" in lines[-1]


@pytest.mark.parametrize(("ascii_only", "sign"), [(False, "·"), (True, "-")])
def test_a_layer_without_a_gradient_is_not_drawn_as_not_finite(ascii_only: bool, sign: str) -> None:
    view = factories.view(factories.healthy(), ascii_only=ascii_only)
    facts = view.facts
    assert facts is not None
    grads, norms = facts.grads.copy(), facts.row_norms.copy()
    grads[:, facts.layout.row_of == 2], norms[:, 2] = nan, nan
    view = replace(view, facts=replace(facts, grads=grads, row_norms=norms, judged_norms=norms))
    lines = [plain(line) for line in beside_lines(view, 40, range(8), Columns())]
    assert set(lines[2 + 2].strip()) == {sign}
    assert not any("!" in line for line in lines[2:])
    # Where a line holds several layers it shows those that have one.
    few = [plain(line) for line in heat_lines(view, 60, 6, Columns())]
    assert not any("!" in line for line in few[:-1])
    row = [plain(line) for line in depth_lines(view, 120, range(8), Drawn())][HEAD + 2]
    assert sign * 5 in row
    assert "!" not in row
