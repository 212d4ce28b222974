"""Parts of the page by themselves: axes, the heat map and its picture, the table of layers."""

import base64
import struct
import zlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gradtui.commands.page import heat as heat_module
from gradtui.commands.page.charts import Mark, curve_chart, path
from gradtui.commands.page.curves import Curve, Lost
from gradtui.commands.page.heat import (
    HUNDREDTHS,
    INFINITE,
    LOST,
    LOWEST,
    PALETTE,
    UNKNOWN,
    ZERO,
    HeatMap,
    colour_numbers,
    heat_map,
    png,
)
from gradtui.commands.page.layers import MOST, layer_rows, present_rows, shown_rows
from gradtui.commands.page.markup import embedded, safe
from gradtui.commands.page.sections import spark
from gradtui.commands.page.ticks import Axis, axis_of, loss_is_log, step_ticks, ticks
from tests.factories import exploding, healthy, history, mlp_layout

# Axes


def labels(axis: Axis) -> list[str]:
    return [label for _, label in ticks(axis)]


def test_axes_have_round_numbers_on_them() -> None:
    assert labels(Axis(0, 10)) == ["0", "2.000", "4.000", "6.000", "8.000", "10.00"]
    assert labels(Axis(-12.2, 3.1, log=True)) == ["1e-12", "1e-8", "1e-4", "1"]
    assert labels(Axis(-0.1, 1.2, log=True)) == ["1.000", "3.000", "10.00"]
    assert labels(Axis(np.log10(2.2), np.log10(2.6), log=True)) == [
        "2.200",
        "2.300",
        "2.400",
        "2.500",
        "2.600",
    ]
    assert step_ticks(299) == [(s / 299, str(s)) for s in (0, 50, 100, 150, 200, 250)]
    assert step_ticks(0) == [(0.0, "0")]


@settings(deadline=None, max_examples=150)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=5), st.booleans())
@example([], True)
@example([5.0, 5.0], False)
@example([1.7e308, 1.7e308], True)
@example([-1.7e308, 1.7e308], False)
def test_any_values_have_an_axis(values: list[float], log: bool) -> None:
    axis = axis_of(values, log=log)
    assert axis.low < axis.high
    assert all(0 <= at <= 1 for at, _ in ticks(axis))
    assert len(ticks(axis)) < 10
    assert all(0 <= axis.y(value) <= 1000 for value in values)


def test_a_loss_begins_on_a_logarithmic_axis_where_that_tells_more() -> None:
    assert loss_is_log([1e-5, 2.0])
    assert not loss_is_log([2.2, 2.4])
    assert not loss_is_log([-1.0, 20.0])
    assert not loss_is_log([])


def test_a_line_breaks_where_a_value_is_lost() -> None:
    curve = Curve("x", [0, 1, 3, 4], [0.0, 1.0, 0.0, 1.0], (Lost(2, "nan", False),))
    assert path(curve, Axis(0, 1), 4) == "M0 1000h0L250 0M750 1000h0L1000 0"
    caught = Curve("x", [0, 2], [0.0, 1.0], (Lost(1, "inf", True),))
    assert path(caught, Axis(0, 1), 2) == "M0 1000h0L1000 0"


def test_a_chart_says_in_words_what_is_drawn() -> None:
    curve = Curve("<b>", [0, 9], [2.0, 0.5], (Lost(4, "nan", False),))
    text = curve_chart("loss", "loss", [curve], 9, [Mark(4, "1", "plateau")], log=False)
    assert "10 steps, linear axis" in text
    assert "first 2, last 0.5" in text
    assert "nan first at step 4" in text
    assert "<b>" not in text
    assert '<path class="mark" d="M444 0V1000"/>' in text
    assert '<path class="lost" d="M444 0V' in text


# The heat map


def test_levels_are_hundredths_of_decades_and_words_for_the_rest() -> None:
    made = exploding(rows=4, steps=60, nan_from=40)
    facts = history(made).facts()
    there = np.repeat([[True, True, True, False]], 60, axis=0)
    heat = heat_map(facts, np.arange(4), there)
    assert heat.levels.shape == (4, 60)
    assert (heat.first, heat.stride, heat.end) == (0, 1, 60)
    logs = heat.levels[0, :40] / HUNDREDTHS + LOWEST
    np.testing.assert_allclose(logs, np.log10(facts.row_norms[:40, 0]), atol=0.006)
    assert (heat.levels[:3, 40:] == LOST).all()
    assert (heat.levels[3] == UNKNOWN).all()
    assert heat.lost() == [(0, 40), (1, 40), (2, 40)]
    again = np.frombuffer(base64.b64decode(heat.encoded()), "<u2").reshape(4, 60)
    np.testing.assert_array_equal(again, heat.levels)


def test_a_layer_whose_optimizer_has_not_stepped_is_not_lost() -> None:
    """As those of two nets that take turns: where there is no gradient the last one holds."""
    facts = history(healthy(3, steps=10)).facts()
    there = np.ones((10, 3), np.bool_)
    there[1::2, 0] = there[0::2, 1] = there[6:, 2] = False
    heat = heat_map(facts, np.arange(3), there)
    assert heat.lost() == []
    levels = heat.levels.tolist()
    assert levels[0][1::2] == [*levels[0][0:8:2], UNKNOWN]
    assert levels[1][0] == UNKNOWN
    assert levels[1][2::2] == levels[1][1:9:2]
    assert UNKNOWN not in levels[2][:6]
    assert levels[2][6:] == [UNKNOWN] * 4
    rows = layer_rows(facts, np.arange(3), there, heat, set())
    assert [len(row.spark) for row in rows] == [9, 9, 6]
    assert all(None not in row.spark for row in rows)
    assert rows[0].now == facts.row_norms[8, 0]
    assert rows[2].now == facts.row_norms[5, 2]


def test_what_a_scaler_throws_away_is_shown_where_there_is_nothing_else() -> None:
    facts = history(exploding(2, steps=12, nan_from=6)).facts()
    there, rows = present_rows(facts), np.arange(2)
    some = replace(facts, skipped=np.isnan(facts.loss))
    heat = heat_map(some, rows, there)
    assert (heat.levels[:, :6] < ZERO).all()
    assert (heat.levels[:, 6:] == UNKNOWN).all()
    assert layer_rows(some, rows, there, heat, set())[0].lost == 0
    every = replace(facts, skipped=np.ones(12, np.bool_))
    assert (heat_map(every, rows, there).levels[:, 6:] == LOST).all()


def test_many_layers_have_fewer_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heat_module, "CELLS", 1000)
    facts = history(healthy(40, steps=60)).facts()
    heat = heat_map(facts, np.arange(40), present_rows(facts))
    assert heat.levels.shape == (40, 20)
    assert (heat.stride, heat.end) == (3, 60)


def test_the_picture_has_the_colours_of_the_levels() -> None:
    levels = np.array([[ZERO, LOST, INFINITE, UNKNOWN], [0, 20000, 32000, 32600]], np.uint16)
    numbers = colour_numbers(levels)
    zero, lost, beyond = len(PALETTE) - 2, len(PALETTE) - 1, len(PALETTE)
    assert numbers[0].tolist() == [zero, lost, lost, beyond]
    assert numbers[1].tolist() == [0, 0, 48, 71]  # 1e-320, 1e-120, 1, 1e6
    data = png(numbers)
    parts, at = {}, 8
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + size]
        assert (
            zlib.crc32(kind + body) == struct.unpack(">I", data[at + 8 + size : at + 12 + size])[0]
        )
        parts[kind], at = body, at + 12 + size
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", parts[b"IHDR"][:8]) == (4, 2)
    lines = np.frombuffer(zlib.decompress(parts[b"IDAT"]), np.uint8).reshape(2, 5)
    np.testing.assert_array_equal(lines[:, 1:], numbers)
    assert parts[b"tRNS"][beyond] == 0
    assert set(parts[b"tRNS"][:beyond]) == {255}


# Layers


def test_a_layer_has_its_numbers() -> None:
    made = exploding(rows=3, steps=60, nan_from=50)
    facts = history(made).facts()
    there = present_rows(facts)
    rows = np.arange(3)
    heat = heat_map(facts, rows, there)
    first = layer_rows(facts, rows, there, heat, {0})[0]
    norms = facts.row_norms[:50, 0]
    assert first.name == "layers.0"
    assert first.kind == "Linear, relu"
    assert first.shapes == "layers.0.weight 64×64; layers.0.bias 64"
    assert first.parameters == 64 * 64 + 64
    assert np.isnan(first.now)  # the last one is lost, and not passed over
    assert (first.low, first.high) == (norms.min(), norms.max())
    assert first.median == np.median(norms)
    assert first.change == pytest.approx(np.median(norms[-5:]) / np.median(norms[:5]))
    assert first.weights == pytest.approx(np.hypot(8.0, 8.0))
    assert (first.lost, first.lost_first) == (10, 50)
    assert first.zeros == 0
    assert first.sick
    assert first.spark[-1] is None
    assert first.spark[0] == pytest.approx(np.log10(norms[:2]).max(), abs=2)


def test_of_very_many_layers_those_that_are_named_are_shown() -> None:
    layout = mlp_layout(MOST + 50)
    present = np.ones(MOST + 50, np.bool_)
    present[:10] = False
    rows = shown_rows(layout, {3, MOST + 49}, present)
    assert len(rows) == MOST
    assert (np.diff(rows) > 0).all()
    assert 3 in rows
    assert MOST + 49 in rows
    assert 4 not in rows


def test_a_small_curve_marks_what_is_no_number() -> None:
    drawn = spark((0.0, 1.0, None, 0.5))
    assert 'd="M0 15h0L1 1M3 8h0"' in drawn
    assert '<path class="lost" d="M2 1V15"/>' in drawn
    assert spark((None, None)) == "-"
    assert spark(()) == "-"


def test_a_map_without_columns_is_none() -> None:
    heat = HeatMap(np.empty((2, 0), np.uint16), 0, 1)
    assert heat.lost() == []


# Words


def test_words_are_words() -> None:
    assert safe("<b>\x1b[2J\n'\"&") == "&lt;b&gt;\\x1b[2J\\n&#x27;&quot;&amp;"
    text = embedded({"</script><b>": ["&", "<!--", 1.5]})
    assert not set("<>&") & set(text)
    with pytest.raises(ValueError, match="JSON"):
        embedded(float("nan"))
