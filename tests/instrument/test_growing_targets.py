"""Targets that grow while a net is trained towards them."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gradtui.autograd.growing_targets import GrowingTargets


def loss(size: float) -> Tensor:
    return 0.5 * F.smooth_l1_loss(nn.Parameter(torch.zeros(64)), torch.full((64,), size)) + 1


def told(*losses: Tensor) -> list[str]:
    targets = GrowingTargets()
    for one in losses:
        targets.look(one)
    return [words for _, words in targets.told]


def test_they_have_grown() -> None:
    assert told(*map(loss, (0.1, 1, 30))) == [
        "targets have grown from 0.1 to 30 (root mean square)"
    ]


@pytest.mark.parametrize("sizes", [(1.0,), (0.1, 5.0), (1.0, 500.0, 20.0), (0.0, 9.0), (9.0, 0.01)])
def test_not_by_much_or_not_any_more(sizes: tuple[float, ...]) -> None:
    assert told(*map(loss, sizes)) == []


def test_what_has_no_targets_changes_nothing() -> None:
    classes = F.cross_entropy(nn.Parameter(torch.zeros(8, 3)), torch.zeros(8, dtype=torch.long))
    infinite = loss(float("inf"))
    assert told(loss(0.1), classes, loss(30.0), classes, infinite)
    assert told(classes, torch.zeros((), requires_grad=True)) == []
