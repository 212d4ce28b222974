"""Data beyond the bounds of what is made to be like them."""

import pytest
import torch
from torch import Tensor, nn

from gradtui.autograd.bounded_inputs import beyond
from gradtui.autograd.layer_outputs import readable
from gradtui.core.wiring import OUT_OF_RANGE
from gradtui.instrument.range_watch import LOOKS, RangeWatch

N, UNITS = 32, 6


def look(watch: RangeWatch, loss: Tensor) -> None:
    found = readable(loss)
    assert found is not None
    watch.look(*found)


def looked(end: nn.Module, data: Tensor, judge: nn.Module, looks: int = LOOKS) -> list[str]:
    """Kinds that are told after so many turns of both sides."""
    watch, maker = RangeWatch(), nn.Sequential(nn.Linear(3, UNITS), end)
    shape = data.shape[1:]
    for _ in range(looks):
        made = maker(torch.randn(N, 3)).view(N, *shape)
        look(watch, judge(made).mean())
        look(watch, judge(data).mean() - judge(made.detach()).mean())
    return [kind for kind, _ in watch.told]


FLAT = nn.Sequential(nn.Linear(UNITS, 4), nn.ReLU(), nn.Linear(4, 1))
SQUARE = nn.Sequential(nn.Conv2d(1, 4, 2), nn.Flatten(), nn.Linear(8, 1))


@pytest.mark.parametrize("end", [nn.Tanh(), nn.Sigmoid()])
def test_data_that_lie_beyond_are_told(end: nn.Module) -> None:
    data = 50 + 10 * torch.rand(N, UNITS)
    assert looked(end, data, FLAT) == [OUT_OF_RANGE]
    assert looked(end, data.view(N, 1, 2, 3), SQUARE) == [OUT_OF_RANGE]
    assert looked(end, data, FLAT, LOOKS - 1) == []


def test_data_within_and_outputs_without_bounds_are_not() -> None:
    torch.manual_seed(0)
    assert looked(nn.Tanh(), 2 * torch.rand(N, UNITS) - 1, FLAT) == []
    assert looked(nn.Tanh(), torch.randn(N, UNITS), FLAT) == []
    assert looked(nn.Identity(), 50 + torch.rand(N, UNITS), FLAT) == []
    assert looked(nn.ReLU(), 50 + torch.rand(N, UNITS), FLAT) == []


def test_a_cell_that_takes_in_its_own_bounded_state_and_a_first_one_is_none() -> None:
    cell, watch = nn.Linear(UNITS, UNITS), RangeWatch()
    for _ in range(2 * LOOKS):
        state = torch.zeros(N, UNITS)
        for _ in range(3):
            state = torch.tanh(cell(state))
        look(watch, state.mean())
    assert watch.told == ()


def test_shares_of_known_values() -> None:
    assert beyond(torch.tensor([-2.0, -1.0, 0.0, 1.01]), (-1.0, 1.0)) == (
        0.25,
        -2.0,
        pytest.approx(1.01),
    )
    assert beyond(torch.tensor([0.5, 3.0]), (0.0, 1.0)) == (0.5, 0.5, 3.0)
