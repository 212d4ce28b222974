"""History keeps what matters in bounded memory, and merges norms without losing any size."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from gradtui.core.facts import merged_rows
from gradtui.core.history import CAPACITY, HISTOGRAM_ROOM, LEAST, ROOM, History
from gradtui.core.snapshot import Act, Grad, NonFinite
from tests.factories import mlp_layout, run_info, snapshot, time_layout

SIZES = st.one_of(st.just(0.0), st.floats(1e-300, 1e300))


def filled(steps: int, *, capacity: int = 4096, nan_at: int = -1, rows: int = 3) -> History:
    layout = mlp_layout(rows)
    history = History(layout, run_info(), capacity=capacity)
    for step in range(steps):
        seen = NonFinite(step, "backward", "layers.1", "w") if step == nan_at else None
        norms = np.full(rows, 1.0 + step)
        history.append(snapshot(layout, step, norms, slow=step % 5 == 0, nonfinite=seen))
    return history


@given(arrays(np.float64, array_shapes(min_dims=1, max_dims=1, max_side=6), elements=SIZES))
def test_merging_equals_an_exact_root_of_squares(norms: np.ndarray) -> None:
    merged = float(merged_rows(norms, np.zeros(len(norms), np.int64), 1)[0])
    exact = np.sqrt(np.square(norms.astype(np.longdouble)).sum())
    assert merged == pytest.approx(float(exact), rel=1e-12)


@pytest.mark.parametrize(("value", "check"), [(np.nan, np.isnan), (np.inf, np.isposinf)])
def test_what_is_not_finite_stays_so(value: float, check: np.ufunc) -> None:
    assert check(merged_rows(np.array([1.0, value]), np.zeros(2, np.int64), 1)[0])


def test_nan_wins_over_inf_and_a_row_without_tensors_is_nan() -> None:
    merged = merged_rows(np.array([np.inf, np.nan]), np.zeros(2, np.int64), 2)
    assert np.isnan(merged).all()


def test_facts_hold_what_was_appended() -> None:
    facts = filled(12).facts()
    np.testing.assert_array_equal(facts.steps, np.arange(12))
    np.testing.assert_array_equal(facts.weights_at, [0, 5, 10])
    np.testing.assert_array_equal(facts.activations_at, [0, 5, 10])
    # A weight of norm n and a bias a tenth of it, three rows alike.
    row = np.hypot(1.0, 0.1) * (1.0 + np.arange(12))
    np.testing.assert_allclose(facts.row_norms, np.repeat(row[:, None], 3, axis=1))
    np.testing.assert_allclose(facts.total_norm, row * np.sqrt(3))
    np.testing.assert_allclose(facts.judged_norms[:, 0], 1.0 + np.arange(12))
    assert facts.update_ratios(facts.weights_at).shape == (3, 3)
    assert facts.grads.shape == (12, 6, Grad.COLUMNS)
    assert facts.activations.shape == (12, 3, Act.COLUMNS)


def test_hidden_states_count_in_no_total_norm() -> None:
    layout = time_layout(4)
    history = History(layout, run_info())
    history.append(snapshot(layout, 0, np.array([1e9, 1e9, 1e9, 1e9, 2.0])))
    assert history.facts().total_norm[0] == pytest.approx(2.0)


def test_a_prefix_is_what_had_been_seen_by_then() -> None:
    whole = filled(30, nan_at=20).facts()
    assert whole.first_nonfinite is not None
    assert whole.until(20).first_nonfinite is None
    assert whole.until(21).first_nonfinite == whole.first_nonfinite
    early = filled(11, nan_at=20).facts()
    for name in ("steps", "loss", "grads", "total_norm", "row_norms"):
        np.testing.assert_array_equal(getattr(whole.until(11), name), getattr(early, name))


def test_a_skipped_step_is_a_nonfinite_event_where_no_scale_would_have_helped() -> None:
    layout = mlp_layout(2)
    history = History(layout, run_info())
    norms = np.array([np.inf, 1.0])
    history.append(snapshot(layout, 0, norms, skipped=True))
    assert history.first_nonfinite is None
    seen = NonFinite(1, "backward", "layers.1", "w")
    history.append(snapshot(layout, 1, norms, skipped=True, nonfinite=seen))
    assert history.first_nonfinite == seen


@pytest.mark.parametrize("steps", [63, 64, 65, 500, 1001])
def test_long_runs_are_thinned_evenly_and_end_at_the_newest_step(steps: int) -> None:
    history = filled(steps, capacity=64)
    facts = history.facts()
    assert len(facts) <= 64
    assert facts.steps[0] == 0
    assert facts.steps[-1] == steps - 1
    assert history.seen == steps
    gaps = np.diff(facts.steps[:-1])
    assert (gaps == history.stride).all()
    np.testing.assert_allclose(facts.loss, 2.3 * 0.985**facts.steps)


def test_histograms_are_few_and_reach_from_the_first_to_the_newest() -> None:
    layout = mlp_layout(1)
    history = History(layout, run_info())
    for step in range(1000):
        history.append(snapshot(layout, step, np.ones(1), slow=True))
    assert len(history.histograms) <= 256
    assert min(history.histograms) == 0
    assert max(history.histograms) == 999


def test_an_empty_history_has_empty_facts() -> None:
    facts = History(mlp_layout(2), run_info()).facts()
    assert len(facts) == 0
    assert len(facts.weights_at) == 0
    assert facts.update_ratios(facts.weights_at).shape == (0, 2)


def test_a_missing_gradient_is_not_a_nan() -> None:
    layout = mlp_layout(2)
    history = History(layout, run_info())
    seen = snapshot(layout, 0, np.array([3.0, 4.0]))
    seen.grads[:2] = np.nan
    history.append(seen)
    facts = history.facts()
    assert np.isnan(facts.row_norms[0, 0])
    assert facts.total_norm[0] == pytest.approx(4 * np.hypot(1, 0.1))
    broken = snapshot(layout, 1, np.array([np.nan, 4.0]))
    history.append(broken)
    assert np.isnan(history.facts().total_norm[1])


def test_of_a_large_net_fewer_steps_are_kept_in_the_same_room() -> None:
    layout = mlp_layout(2_000)
    history = History(layout, run_info())
    assert LEAST <= history.capacity < CAPACITY / 2
    for step in range(3 * history.capacity):
        history.append(snapshot(layout, step, np.ones(2_000), slow=step % 40 == 0))
    facts = history.facts()
    assert facts.steps[-1] == 3 * history.capacity - 1
    assert LEAST // 2 < len(facts) <= history.capacity
    kept = facts.grads.nbytes + facts.weights.nbytes + facts.activations.nbytes
    assert kept <= ROOM
    assert sum(counts.nbytes for counts in history.histograms.values()) <= HISTOGRAM_ROOM
    assert max(history.histograms) == max(range(0, 3 * history.capacity, 40))
