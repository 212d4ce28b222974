from math import inf, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradtui.app.render.history import Columns, by_row, farthest, stride_for
from gradtui.app.render.line import plain, width
from gradtui.app.render.spark import spark
from gradtui.core.facts import merged_rows
from tests import factories

VALUES = st.floats(min_value=0) | st.sampled_from([nan, inf, 5e-324, 1e308])


@given(st.integers(1, 10**9), st.integers(1, 300))
def test_the_stride_fits_and_wastes_little(steps: int, columns: int) -> None:
    stride = stride_for(steps, columns)
    assert stride * columns >= steps
    assert stride == 1 or stride * columns < 2 * steps + 2 * columns


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ([0.1, 100.0, 0.1], 2.0),
        ([0.1, 1e-9, 0.1], -9.0),
        ([0.1, 0.0], -inf),
        ([1.0, inf], inf),
        ([0.0, inf], inf),
    ],
)
def test_a_column_shows_its_worst_value(values: list[float], shown: float) -> None:
    assert farthest(np.array(values)[:, None])[0] == pytest.approx(shown)


def test_nan_wins_over_everything() -> None:
    assert np.isnan(farthest(np.array([[0.0], [inf], [nan]]))[0])


def test_growing_by_steps_gives_what_thinning_at_once_gives() -> None:
    history = factories.history(factories.exploding(steps=90))
    facts = history.facts()
    grown = Columns()
    for n in range(1, len(facts) + 1):
        thinned = grown.thin(facts.until(n), 17)
        np.testing.assert_array_equal(thinned.logs, Columns().thin(facts.until(n), 17).logs)
        assert len(thinned.logs) <= 17


def test_scrubbing_back_shows_the_past() -> None:
    facts = factories.history(factories.exploding()).facts()
    columns = Columns()
    assert np.isnan(columns.thin(facts, 60).logs[-1]).all()
    assert np.isfinite(columns.thin(facts.until(20), 60).logs).all()


def test_another_run_starts_afresh() -> None:
    columns = Columns()
    columns.thin(factories.history(factories.exploding()).facts(), 60)
    other = factories.history(factories.healthy(12)).facts()
    np.testing.assert_array_equal(columns.thin(other, 60).logs, Columns().thin(other, 60).logs)


@given(st.lists(VALUES, min_size=1, max_size=6))
def test_merging_agrees_with_history(values: list[float]) -> None:
    norms = np.array(values)
    row_of = np.arange(len(values)) % 2
    with np.errstate(over="ignore"):
        expected = merged_rows(norms, row_of, 3)
    np.testing.assert_allclose(by_row(norms, row_of, 3), expected, rtol=1e-12)


@given(st.lists(VALUES, max_size=40), st.booleans())
def test_a_spark_has_a_mark_for_every_value(values: list[float], ascii_only: bool) -> None:
    with np.errstate(divide="ignore"):
        logs = np.log10(np.array(values))
    line = spark(logs, "healthy", ascii_only=ascii_only)
    assert width(line) == len(values)
    assert " " not in plain(line)
    assert plain(line).count("!") == sum(not np.isfinite(v) for v in values)


def test_a_spark_rises() -> None:
    assert plain(spark(np.array([-4.0, -2.0, 0.0, nan, -inf]), "ok")) == "▁▄▇!0"
