"""What the mean of the targets costs, read off the first losses; nothing of other losses."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from gradtui.autograd.mean_answer import LOOKS, MOST_LOOKS, MeanAnswer


def pair(rows: int = 64, seed: int = 0) -> tuple[Tensor, Tensor]:
    made = torch.Generator().manual_seed(seed)
    answers = torch.randn(rows, 3, generator=made, requires_grad=True)
    return answers, 2 * torch.randn(rows, 3, generator=made) + torch.tensor([0.0, 50.0, -9.0])


def cost(*losses: Tensor) -> float:
    found = MeanAnswer()
    for loss in losses:
        if not found.done:
            found.look(loss)
    return found.cost


def test_it_is_the_variance_of_each_column() -> None:
    answers, targets = pair()
    wanted = float(targets.double().var(dim=0).mean())
    assert cost(F.mse_loss(answers, targets)) == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize(("rows", "batches"), [(1, 96), (5, 96), (512, 32), (2048, 8)])
def test_of_many_batches_it_is_that_of_all_rows(rows: int, batches: int) -> None:
    pairs = [pair(rows, seed) for seed in range(batches)]
    wanted = float(torch.cat([targets for _, targets in pairs]).double().var(dim=0).mean())
    found = MeanAnswer()
    for number, (answers, targets) in enumerate(pairs, 1):
        assert not found.done
        found.look(F.mse_loss(answers, targets))
        assert (found.cost > 0) == (number * rows >= 8)
    assert found.done
    assert found.cost == pytest.approx(wanted, rel=1e-9)


def test_it_ends_where_rows_never_suffice() -> None:
    answers, targets = torch.ones((), requires_grad=True), torch.ones(())
    assert cost(F.mse_loss(answers, targets)) == 0
    found = MeanAnswer()
    for _ in range(MOST_LOOKS):
        assert not found.done
        found.look(F.mse_loss(torch.ones(1, requires_grad=True) * 1, torch.ones(1)))
    assert found.done
    assert LOOKS < MOST_LOOKS


@pytest.mark.parametrize("reduction", ["sum", "none"])
def test_of_a_sum_nothing_is_told(reduction: str) -> None:
    answers, targets = pair()
    assert cost(F.mse_loss(answers, targets, reduction=reduction).sum()) == 0


def test_of_other_losses_and_few_rows_neither() -> None:
    answers, targets = pair()
    few, wanted = pair(4)
    assert cost(F.smooth_l1_loss(answers, targets)) == 0
    assert cost(F.mse_loss(few, wanted)) == 0
    assert cost(F.mse_loss(answers, targets), F.smooth_l1_loss(answers, targets)) == 0
    assert cost(answers.sum()) == 0


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("bias", [False, True])
def test_of_squares_that_are_written_out_it_is_the_same(turned: bool, bias: bool) -> None:
    inputs, targets = pair(512)
    layer = torch.nn.Linear(3, 3, bias=bias)
    answers = layer(inputs.detach())
    difference = targets - answers if turned else answers - targets
    wanted = cost(F.mse_loss(answers, targets))
    assert cost((difference**2).mean()) == pytest.approx(wanted, rel=1e-5)
    assert cost(difference.square().mean()) == pytest.approx(wanted, rel=1e-5)
    column = torch.nn.Linear(3, 1)(inputs.detach())
    alone = cost(F.mse_loss(column.squeeze(1), targets[:, 0]))
    assert cost((column.squeeze(1) - targets[:, 0]).pow(2).mean()) == pytest.approx(alone, rel=1e-5)
    assert cost((column - targets[:, 0]).pow(2).mean()) == 0  # all pairs


def test_of_other_powers_and_other_answers_nothing_is_told() -> None:
    inputs, targets = pair(512)
    answers = torch.nn.Linear(3, 3)(inputs.detach())
    for loss in (
        ((answers - targets) ** 4).mean(),
        (answers - targets).pow(2).sum(),
        (answers - answers.mean(0)).pow(2).mean(),
        (answers.relu() - targets).pow(2).mean(),
        answers.pow(2).mean(),
    ):
        assert cost(loss) == 0


def test_of_columns_that_change_the_first_batch_tells() -> None:
    answers, targets = pair()
    other = F.mse_loss(torch.zeros(64, 5, requires_grad=True), torch.ones(64, 5))
    alone = cost(F.mse_loss(answers, targets))
    assert cost(F.mse_loss(answers, targets), other, other) == alone > 0


def test_what_is_packed_is_left_alone() -> None:
    answers, targets = pair()
    touched = []

    def unpack(value: Tensor) -> Tensor:
        touched.append(value)
        return value

    with torch.autograd.graph.saved_tensors_hooks(lambda value: value, unpack):
        loss = F.mse_loss(answers, targets)
    assert cost(loss) == 0
    assert touched == []


def test_targets_that_are_not_finite_tell_nothing() -> None:
    answers, targets = pair()
    targets[3, 0] = torch.inf
    assert cost(F.mse_loss(answers, targets)) == 0


@pytest.mark.parametrize(("times", "known"), [(1.0, True), (1.3, True), (3.0, False)])
def test_of_targets_that_vary_otherwise_later_it_is_not_known(times: float, known: bool) -> None:
    found = MeanAnswer()
    for seed in range(LOOKS):
        found.look(F.mse_loss(*pair(2048, seed)))
    assert found.done
    answers, targets = pair(512, 99)
    found.check(F.mse_loss(answers, targets * times))
    assert (found.cost > 0) is known
