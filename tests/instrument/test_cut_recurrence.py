"""Recurrences whose state is cut off at each time step, and other things that are done again and again."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from gradtui.autograd.cut_recurrence import LOOKS, CutRecurrence
from gradtui.core.wiring import CUT_RECURRENCE

INPUTS, STATE, TIME = 3, 5, 6


class ByHand(nn.Module):
    """A plain cell; its matrices have no bias of their own."""

    def __init__(self, inputs: int, state: int) -> None:
        super().__init__()
        self.of_input, self.of_state = (
            nn.Linear(wide, state, bias=False) for wide in (inputs, state)
        )

    def forward(self, x: Tensor, h: Tensor) -> Tensor:
        return torch.tanh(self.of_input(x) + self.of_state(h))


CELLS: dict[str, Callable[[int, int], nn.Module]] = {
    "GRU": nn.GRUCell,
    "LSTM": nn.LSTMCell,
    "RNN": nn.RNNCell,
    "by hand": ByHand,
}


def told(
    cell: nn.Module, every: int, *, embedded: bool = False, time: int = TIME, losses: int = LOOKS
) -> str:
    """`every`: how many time steps there are between one cut and the next."""
    inputs = cell.of_input.in_features if isinstance(cell, ByHand) else cell.input_size
    table = nn.Linear(inputs, int(inputs))  # type: ignore[arg-type]
    cut = CutRecurrence()
    for _ in range(losses):
        state: Tensor | tuple[Tensor, ...] = torch.zeros(2, STATE)
        if isinstance(cell, nn.LSTMCell):
            state = (torch.zeros(2, STATE), torch.zeros(2, STATE))
        total = torch.zeros(())
        for step in range(time):
            x = torch.randn(2, int(inputs))  # type: ignore[arg-type]
            if step % every == 0:
                both = isinstance(state, tuple)
                state = tuple(one.detach() for one in state) if both else state.detach()
            state = cell(table(x) if embedded else x, state)
            total = total + (state[0] if isinstance(state, tuple) else state).square().mean()
        cut.look(total)
    return dict(cut.told).get(CUT_RECURRENCE, "")


@pytest.mark.parametrize("embedded", [False, True], ids=["numbers", "embedded"])
@pytest.mark.parametrize("name", CELLS)
def test_a_state_that_is_cut_off_at_each_step(name: str, embedded: bool) -> None:
    made = CELLS[name](INPUTS, STATE)
    assert f"at any of the {TIME} time steps" in told(made, 1, embedded=embedded)
    assert told(made, 2, embedded=embedded) == ""
    assert told(made, TIME, embedded=embedded) == ""
    assert told(made, 1, embedded=embedded, time=3) == ""
    assert told(made, 1, embedded=embedded, losses=LOOKS - 1) == ""


@pytest.mark.parametrize("name", CELLS)
def test_where_input_and_state_are_of_one_size(name: str) -> None:
    """Which is which is not known where one of them has a history."""
    made = CELLS[name](STATE, STATE)
    assert told(made, 1) != ""
    assert told(made, 1, embedded=True) == ""
    assert told(made, TIME) == ""
    assert told(made, TIME, embedded=True) == ""


def test_a_layer_that_is_used_at_each_time_step() -> None:
    layer, head, cut = nn.Linear(3, 3), nn.Linear(3, 1), CutRecurrence()
    for _ in range(LOOKS):
        cut.look(sum(head(layer(torch.randn(2, 3)).relu()).sum() for _ in range(TIME)))
    assert cut.told == ()
    assert cut.done
