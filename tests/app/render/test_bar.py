from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradtui.app.render.bar import bar
from gradtui.app.render.line import plain, width
from gradtui.app.render.scale import band_line, tick_line

NORMS = st.floats(min_value=0) | st.sampled_from([nan, inf, 5e-324, 1e308])


@given(NORMS, st.integers(1, 120), st.none() | NORMS, st.booleans())
def test_any_norm_fills_exactly_its_cells(
    norm: float, cells: int, reference: float | None, ascii_only: bool
) -> None:
    line = bar(norm, cells, "healthy", reference=reference, ascii_only=ascii_only)
    assert width(line) == cells
    assert not ascii_only or plain(line).isascii()


def test_a_bar_ends_where_its_norm_is() -> None:
    lengths = [plain(bar(10.0**e, 40, "healthy")).count("━") for e in (-12, -8, -4, 0, 4)]
    assert lengths == [4, 12, 20, 28, 36]


def test_values_off_the_axis_end_in_an_arrow() -> None:
    assert plain(bar(1e-30, 40, "vanish"))[0] == "◂"
    assert plain(bar(1e30, 40, "explode"))[-1] == "▸"


@pytest.mark.parametrize("norm", [nan, inf])
def test_what_is_not_finite_is_hatched(norm: float) -> None:
    assert bar(norm, 5, "nonfinite") == (("╱╱╱╱╱", "nonfinite"),)
    assert plain(bar(norm, 5, "nonfinite", ascii_only=True)) == "!!!!!"


def test_before_it_was_lost_it_was_so_large() -> None:
    for lost in (nan, inf):
        drawn = bar(lost, 40, "nonfinite", before=1e-4)
        assert plain(drawn) == "━" * 21 + "╱" * 19
        assert [meaning for _, meaning in drawn] == ["quiet", "nonfinite"]
    assert plain(bar(nan, 40, "nonfinite", before=1e30)).endswith("╱")
    assert plain(bar(nan, 4, "nonfinite", before=0.0)) == "╱╱╱╱"


@given(NORMS, st.integers(1, 60), st.booleans())
def test_what_was_lost_fills_its_cells_and_shows(
    before: float, cells: int, ascii_only: bool
) -> None:
    drawn = bar(nan, cells, "nonfinite", before=before, ascii_only=ascii_only)
    assert width(drawn) == cells
    assert ("!" if ascii_only else "╱") in plain(drawn)


def test_zero_has_no_bar() -> None:
    assert "━" not in plain(bar(0.0, 40, "critical"))


def test_the_reference_stands_on_the_same_axis() -> None:
    drawn = plain(bar(1e-2, 40, "healthy", reference=1e-12))
    assert drawn.index("◆") == 4


def test_the_band_is_named_and_half_precision_marked() -> None:
    assert plain(band_line(60)).strip() == "├────── healthy band ──────┤"
    half = plain(band_line(60, "float16"))
    assert "╞" in half
    assert "fp16" in half
    assert "╞" not in plain(band_line(60, "bfloat16"))


@given(st.integers(1, 200), st.booleans())
def test_axes_fit(cells: int, ascii_only: bool) -> None:
    for line in (band_line(cells, "float16", ascii_only), tick_line(cells, ascii_only)):
        assert width(line) == cells
        assert not ascii_only or plain(line).isascii()
