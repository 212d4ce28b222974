"""Values of steps against numbers worked out by hand."""

import math
import time
from dataclasses import replace

import numpy as np
import pytest

from gradtui.commands.forward.values import scalar_values, step_values, update_ratios
from gradtui.core.scalar_series import ScalarSeries
from gradtui.core.snapshot import Grad, Weight
from tests.factories import mlp_layout, snapshot

LAYOUT = mlp_layout(2)
NAMES = ("layers.0", "layers.1")
LAYER = math.hypot(3.0, 0.3)
"""A layer's norm is 3, that of its bias a tenth of it."""


def test_norms_before_and_after_clipping() -> None:
    one = snapshot(LAYOUT, 4, np.array([3.0, 4.0]), slow=False)
    (plain,) = step_values([one], LAYOUT, NAMES, with_scalars=True)
    total = math.hypot(3.0, 0.3, 4.0, 0.4)
    assert plain.values == pytest.approx({"loss": one.loss, "lr": 0.1, "total_norm": total})
    assert plain.layers["grad_norm"] == pytest.approx(
        {"layers.0": LAYER, "layers.1": LAYER * 4 / 3}
    )
    raw = replace(one, clip_coefficient=0.5)
    after = replace(raw, stage="clipped")
    (before, clipped) = step_values([raw, after], LAYOUT, NAMES, with_scalars=False)
    assert before.values == pytest.approx({"total_norm": total, "clipped_norm": total / 2})
    assert clipped.values == pytest.approx({"total_norm": 2 * total, "clipped_norm": total})
    assert clipped.layers["grad_norm"]["layers.0"] == pytest.approx(2 * LAYER)


def test_a_nan_is_a_value_and_a_missing_gradient_is_none() -> None:
    one = snapshot(LAYOUT, 4, np.array([np.nan, 4.0]), slow=False)
    one.grads[2:] = np.nan  # the second layer has no gradient at all
    (values,) = step_values([one], LAYOUT, NAMES, with_scalars=True)
    assert list(values.layers["grad_norm"]) == ["layers.0"]
    assert math.isnan(values.layers["grad_norm"]["layers.0"])
    assert math.isnan(values.values["total_norm"])


def test_the_first_layers_alone_where_they_are_many() -> None:
    one = snapshot(LAYOUT, 4, np.array([3.0, 4.0]))
    (values,) = step_values([one], LAYOUT, NAMES[:1], with_scalars=True)
    assert [list(layers) for layers in values.layers.values()] == [["layers.0"], ["layers.0"]]
    assert values.values["total_norm"] > 5, "of all of them"


def test_update_ratios_of_what_was_measured() -> None:
    weights = np.zeros((4, Weight.COLUMNS))
    weights[:, Weight.NORM], weights[:, Weight.UPDATE] = 8.0, (0.8, 9.0, 0.4, 9.0)
    whole, rows = update_ratios(weights, LAYOUT)  # of the weights, not of the biases
    assert rows == pytest.approx([0.1, 0.05])
    assert whole == pytest.approx(math.hypot(0.8, 0.4) / math.hypot(8, 8))
    weights[2] = np.nan
    whole, rows = update_ratios(weights, LAYOUT)
    assert (whole, rows[0]) == pytest.approx((0.1, 0.1))
    assert np.isnan(rows[1])
    weights[:] = np.nan
    assert math.isnan(update_ratios(weights, LAYOUT)[0])


def test_scalars_of_every_step() -> None:
    steps = np.arange(3)
    loss = np.array([1.0, np.nan, 0.5])
    series = ScalarSeries(
        steps,
        np.array([10.0, 11.0, np.nan]),
        loss,
        np.array([0.1, np.nan, 0.1]),
        steps * 0,
        np.zeros(3, bool),
    )
    one, two, three = scalar_values(series)
    assert (one.step, one.time, one.values, one.layers) == (0, 10.0, {"loss": 1.0, "lr": 0.1}, {})
    assert list(two.values) == ["loss"]
    assert math.isnan(two.values["loss"])
    assert abs(three.time - time.time()) < 60


def test_a_step_of_nothing_measured_has_no_layers() -> None:
    one = snapshot(LAYOUT, 0, np.zeros(2), slow=False)
    one.grads[:, Grad.NONFINITE] = np.nan
    (values,) = step_values([one], LAYOUT, NAMES, with_scalars=False)
    assert values.layers["grad_norm"] == {}
