"""What the mean of the targets costs, read off the loss; nothing where it is no plain mean of squares."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from gradtui.autograd.mean_answer import mean_answer


def pair(rows: int = 64) -> tuple[Tensor, Tensor]:
    made = torch.Generator().manual_seed(0)
    answers = torch.randn(rows, 3, generator=made, requires_grad=True)
    return answers, 2 * torch.randn(rows, 3, generator=made) + torch.tensor([0.0, 50.0, -9.0])


def test_it_is_the_variance_of_each_column() -> None:
    answers, targets = pair()
    wanted = float(targets.double().var(dim=0).mean())
    assert mean_answer(F.mse_loss(answers, targets).grad_fn) == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("reduction", ["sum", "none"])
def test_of_a_sum_nothing_is_told(reduction: str) -> None:
    answers, targets = pair()
    assert mean_answer(F.mse_loss(answers, targets, reduction=reduction).sum().grad_fn) == 0


def test_of_other_losses_and_few_rows_neither() -> None:
    answers, targets = pair()
    few, wanted = pair(4)
    assert mean_answer(F.smooth_l1_loss(answers, targets).grad_fn) == 0
    assert mean_answer(F.mse_loss(few, wanted).grad_fn) == 0
    assert mean_answer(None) == 0


def test_what_is_packed_is_left_alone() -> None:
    answers, targets = pair()
    touched = []

    def unpack(value: Tensor) -> Tensor:
        touched.append(value)
        return value

    with torch.autograd.graph.saved_tensors_hooks(lambda value: value, unpack):
        loss = F.mse_loss(answers, targets)
    assert mean_answer(loss.grad_fn) == 0
    assert touched == []


def test_targets_that_are_not_finite_tell_nothing() -> None:
    answers, targets = pair()
    targets[3, 0] = torch.inf
    assert mean_answer(F.mse_loss(answers, targets).grad_fn) == 0
