"""Where a slope is said to be infinite no gradient comes through that is a number."""

import pytest
import torch
from torch import Tensor

from gradtui.nan_trace.slope_inputs import SlopeInputs
from gradtui.nan_trace.slopes import ONLY_HIDDEN, SLOPES, InfiniteSlope

VALUES = [-200.0, -2.0, -1.0, -0.5, -1e-42, -0.0, 0.0, 1e-42, 1e-30, 0.5, 1.0, 2.0, 90.0, 1e20]
ONE = ["sqrt", "rsqrt", "reciprocal", "exp", "log", "log2", "log10", "log1p"]
ARCS = ["acos", "asin", "acosh", "atanh"]


def kept(result: Tensor) -> list[InfiniteSlope]:
    cliffs = SlopeInputs()
    cliffs.keep(result)
    return cliffs.kept[0]


def holds(result: Tensor, *leaves: Tensor) -> None:
    """With any gradient that is given, also where it is zero."""
    (steep,) = kept(result)
    bad = steep.bad()
    assert bad is not None
    for given in (torch.ones(()), torch.zeros(())):
        grads = torch.autograd.grad(result, leaves, given.expand_as(result), retain_graph=True)
        broken = torch.stack([~torch.isfinite(one) for one in grads]).any(0)
        assert bool((broken | ~bad.expand_as(broken)).all()), (broken, bad)
    assert bool((bad | ~broken).all()), (broken, bad)  # of a gradient that is zero


@pytest.mark.parametrize("word", [*ONE, *ARCS])
def test_one_argument(word: str) -> None:
    x = torch.tensor(VALUES, requires_grad=True)
    holds(getattr(torch, word)(x), x)


@pytest.mark.parametrize("power", [-1.0, -0.5, 0.0, 0.3, 0.5, 0.99])
def test_powers(power: float) -> None:
    x = torch.tensor(VALUES, requires_grad=True)
    holds(x**power, x)


@pytest.mark.parametrize("word", ["div", "hypot"])
def test_two_arguments(word: str) -> None:
    pairs = torch.cartesian_prod(torch.tensor(VALUES), torch.tensor(VALUES))
    x, y = (one.clone().requires_grad_() for one in pairs.unbind(1))
    holds(getattr(torch, word)(x, y), x, y)


def test_rows_of_which_nothing_is_left() -> None:
    x = torch.full((2, 3), -torch.inf)
    x[1] = 1.0
    for result in (x.requires_grad_().softmax(1), x.logsumexp(1)):
        (steep,) = kept(result)
        bad = steep.bad()
        (grad,) = torch.autograd.grad(result.sum(), x)
        assert bad is not None
        assert [bool(row.any()) for row in bad] == [True, False]
        assert [bool(row.isnan().any()) for row in grad] == [True, False]


def test_what_was_changed_since_tells_nothing() -> None:
    x = torch.zeros(3, requires_grad=True)
    result = x.sqrt()
    (steep,) = kept(result)
    with torch.no_grad():
        result.add_(1)
    assert steep.bad() is None


def test_all_are_tried() -> None:
    tried = {*ONE, *ARCS, "pow", "div", "hypot", "softmax", "logsumexp"}
    hidden = {*ONLY_HIDDEN, "linalg_svd", "linalg_eigh"}  # planted in losses
    assert tried | hidden == set(SLOPES)
