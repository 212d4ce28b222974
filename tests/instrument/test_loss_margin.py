"""The margin of a triplet loss, however it is written."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gradtui.autograd.loss_margin import cost_of_margin

LAYER = nn.Linear(6, 4)
Loss = Callable[[Tensor, Tensor, Tensor], Tensor]


def told(loss: Loss, rows: int = 64) -> float:
    torch.manual_seed(0)
    return cost_of_margin(loss(*(LAYER(torch.randn(rows, 6)) for _ in range(3))))


def apart(one: Tensor, other: Tensor) -> Tensor:
    return (one - other).square().sum(1)


MARGINS: dict[str, tuple[Loss, float]] = {
    "torch's own": (F.triplet_margin_loss, 1.0),
    "another": (lambda a, p, n: F.triplet_margin_loss(a, p, n, margin=0.3), 0.3),
    "distances": (
        lambda a, p, n: F.relu(F.pairwise_distance(a, p) - F.pairwise_distance(a, n) + 0.2).mean(),
        0.2,
    ),
    "squares": (lambda a, p, n: (apart(a, p) - apart(a, n) + 0.5).clamp(min=0).mean(), 0.5),
    "cosines": (
        lambda a, p, n: F.relu(0.4 + F.cosine_similarity(a, n) - F.cosine_similarity(a, p)).mean(),
        0.4,
    ),
    "a sum": (lambda a, p, n: F.triplet_margin_loss(a, p, n, reduction="sum"), 64.0),
    "weighed": (lambda a, p, n: 3 * F.triplet_margin_loss(a, p, n), 3.0),
}
OTHERS: dict[str, Loss] = {
    "a hinge of one": lambda a, p, n: F.relu(0.5 - apart(a, p)).mean(),
    "units": lambda a, p, n: F.relu(a).mean(),
    "no margin": lambda a, p, n: F.relu(apart(a, p) - apart(a, n)).mean(),
    "the nearest": lambda a, p, n: F.relu(apart(a, p) - torch.cdist(a, n).amin(1) + 1).mean(),
    "beside another term": lambda a, p, n: F.triplet_margin_loss(a, p, n) + a.square().mean(),
    "a mean of squares": lambda a, p, n: F.mse_loss(a, p.detach()),
}


@pytest.mark.parametrize("name", MARGINS)
def test_it_is_what_is_left_beside_the_distances(name: str) -> None:
    loss, margin = MARGINS[name]
    assert told(loss) == pytest.approx(margin, rel=1e-4)


@pytest.mark.parametrize("name", OTHERS)
def test_of_other_losses_it_is_not_known(name: str) -> None:
    assert told(OTHERS[name]) == 0.0


def test_few_triplets_tell_nothing() -> None:
    assert told(F.triplet_margin_loss, rows=3) == 0.0
