"""Numbers that no net has, as a damaged file may hold them: the theory says so and does not raise."""

from dataclasses import replace

import numpy as np
import pytest

from gradtui.core.facts import Facts
from gradtui.core.layout import Layout
from gradtui.core.snapshot import Act, Grad, Weight
from gradtui.theory.fitted_line import theory_of
from tests.factories import healthy, history


@pytest.fixture
def facts() -> Facts:
    found = history(healthy(4), 10).facts()
    assert theory_of(found).now is not None
    return found


@pytest.mark.parametrize("size", [5e-324, 1e-200, 1e200, 1.7e308])
def test_signals_and_weights_beyond_squaring(facts: Facts, size: float) -> None:
    activations, weights, grads = facts.activations.copy(), facts.weights.copy(), facts.grads.copy()
    activations[:, :, Act.SIGNAL] = size
    theory_of(replace(facts, activations=activations))
    weights[:, :, Weight.NORM] = size
    with np.errstate(all="ignore"):
        theory_of(replace(facts, weights=weights))
        grads[:, :, Grad.NORM] = size
        theory_of(replace(facts, grads=grads))


def test_a_tensor_without_elements(facts: Facts) -> None:
    for which in (0, 1):
        tensors = list(facts.layout.tensors)
        tensors[which] = replace(tensors[which], shape=(0, *tensors[which].shape[1:]))
        layout = Layout(tuple(tensors), facts.layout.rows)
        assert "have no size" in theory_of(replace(facts, layout=layout)).reason
