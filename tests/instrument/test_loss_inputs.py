"""What goes into a loss function: what is certainly wrong is told, what only looks like it is not."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gradtui.autograd.loss_inputs import fed_wrongly
from gradtui.instrument.task_inference import look_ahead

N = 6
LABELS = torch.tensor([0, 1, 2, 3, 0, 1])
ONES, TARGETS = torch.ones(N), torch.randn(N)
SPREAD = torch.tensor([-1.2, -0.7, -0.4, 0.3, 0.8, 1.3])
SOFT = torch.full((N, 4), 0.25)
THREE = torch.arange(3 * N).view(N, 3) % 4
Made = Callable[[Tensor], Tensor]

WRONG: dict[str, tuple[int, Made, str]] = {
    "softmax": (4, lambda y: F.cross_entropy(y.softmax(1), LABELS), "softmax_twice"),
    "with a penalty": (
        4,
        lambda y: 3 * F.cross_entropy(y.softmax(1), LABELS) + y.square().mean(),
        "softmax_twice",
    ),
    "smoothed": (
        4,
        lambda y: F.cross_entropy(y.softmax(1), LABELS, label_smoothing=0.1),
        "softmax_twice",
    ),
    "soft labels": (4, lambda y: F.cross_entropy(y.softmax(1), SOFT), "softmax_twice"),
    "of an image": (
        4,
        lambda y: F.cross_entropy(y.softmax(1).view(N, 4, 1, 1), LABELS.view(N, 1, 1)),
        "softmax_twice",
    ),
    "sigmoid": (
        1,
        lambda y: F.binary_cross_entropy_with_logits(y.sigmoid().squeeze(1), ONES),
        "softmax_twice",
    ),
    "relu": (4, lambda y: F.cross_entropy(y.relu(), LABELS), "relu_logits"),
    "relu, two classes": (
        1,
        lambda y: F.binary_cross_entropy_with_logits(y.relu()[:, 0], ONES),
        "relu_logits",
    ),
    "one answer for all": (
        4,
        lambda y: F.cross_entropy(y.mean(0, keepdim=True).expand(N, 4), LABELS),
        "same_answers",
    ),
    "probabilities in a divergence": (
        4,
        lambda y: 9 * F.kl_div((y / 3).softmax(1), SOFT, reduction="batchmean"),
        "probabilities",
    ),
    "of targets in logarithms": (
        4,
        lambda y: F.kl_div(y.softmax(1), SOFT.log(), reduction="sum", log_target=True),
        "probabilities",
    ),
    "scores in a likelihood": (4, lambda y: F.nll_loss(y + 3, LABELS), "unnormalised"),
    "probabilities in a likelihood": (
        4,
        lambda y: F.nll_loss(y.softmax(1), LABELS),
        "unnormalised",
    ),
    "targets longer than inputs": (
        12,
        lambda y: F.ctc_loss(
            y.view(N, 3, 4).transpose(0, 1).log_softmax(2),
            torch.ones(N, 5, dtype=torch.long),
            torch.full((N,), 3),
            torch.full((N,), 5),
            zero_infinity=True,
        ),
        "unaligned",
    ),
    "scores to align": (
        12,
        lambda y: F.ctc_loss(
            5 * y.view(N, 3, 4).transpose(0, 1),
            torch.ones(N, 2, dtype=torch.long),
            torch.full((N,), 3),
            torch.tensor([1, 2, 1, 1, 1, 1]),
            zero_infinity=True,
        ),
        "unnormalised",
    ),
    "a mask of 0 and 255": (
        1,
        lambda y: F.binary_cross_entropy_with_logits(y[:, 0], 255 * ONES),
        "wide_targets",
    ),
    "labels from 1 on": (
        1,
        lambda y: F.binary_cross_entropy_with_logits(y[:, 0], ONES + 1),
        "wide_targets",
    ),
    "squares": (1, lambda y: F.mse_loss(y, TARGETS), "broadcast_target"),
    "one answer spread over all": (
        4,
        lambda y: F.mse_loss(
            F.linear(y.mean(0, keepdim=True), SOFT[:1]).expand(N, 1), ONES[:, None]
        ),
        "broadcast_target",
    ),
    "and by broadcasting": (
        4,
        lambda y: F.l1_loss(F.linear(y.mean(0), SOFT[:1]), ONES),
        "broadcast_target",
    ),
    "sizes": (1, lambda y: F.l1_loss(y, TARGETS), "broadcast_target"),
    "smooth": (1, lambda y: F.smooth_l1_loss(y, TARGETS), "broadcast_target"),
    "huber": (1, lambda y: F.huber_loss(y, TARGETS) / 2, "broadcast_target"),
    "by hand": (1, lambda y: ((y - TARGETS) ** 2).mean(), "broadcast_target"),
    "the other way": (1, lambda y: ((TARGETS - y) ** 2).mean(), "broadcast_target"),
    "a row and a column": (1, lambda y: F.mse_loss(y[:, 0], TARGETS[:, None]), "broadcast_target"),
    "targets below a last ReLU": (1, lambda y: F.mse_loss(y.relu()[:, 0], SPREAD), "out_of_range"),
    "and below a softplus": (
        1,
        lambda y: F.huber_loss(F.softplus(y).squeeze(1), SPREAD),
        "out_of_range",
    ),
    "targets beyond a last tanh": (
        1,
        lambda y: F.mse_loss(y.tanh(), 3 * SPREAD[:, None]),
        "out_of_range",
    ),
    "raw targets behind a sigmoid": (
        1,
        lambda y: 2 * F.smooth_l1_loss(y.sigmoid()[:, 0], 5 + SPREAD),
        "out_of_range",
    ),
    "positions and classes": (
        12,
        lambda y: F.cross_entropy(y.view(N, 3, 4).transpose(1, 2).reshape(-1, 4), THREE.view(-1)),
        "scrambled_scores",
    ),
    "permuted": (
        16,
        lambda y: F.cross_entropy(
            y.view(N, 2, 2, 4).permute(0, 3, 1, 2).reshape(-1, 4),
            THREE[:, :1].repeat(1, 4).view(-1),
        ),
        "scrambled_scores",
    ),
}
RIGHT: dict[str, tuple[int, Made]] = {
    "logarithms to align": (
        12,
        lambda y: F.ctc_loss(
            (5 * y).view(N, 3, 4).transpose(0, 1).log_softmax(2),
            torch.ones(N, 2, dtype=torch.long),
            torch.full((N,), 3),
            torch.ones(N, dtype=torch.long),
        ),
    ),
    "a distance of all pairs": (1, lambda y: (y - TARGETS).abs().mean()),
    "cross entropy": (4, lambda y: F.cross_entropy(y, LABELS)),
    "a last layer that begins at zero": (4, lambda y: F.cross_entropy(0 * y, LABELS)),
    "its two halves": (4, lambda y: F.nll_loss(F.log_softmax(y, 1), LABELS)),
    "a divergence": (4, lambda y: F.kl_div(y.log_softmax(1), SOFT, reduction="batchmean")),
    "what is missed of certain labels": (
        4,
        lambda y: (F.one_hot(LABELS, 4) - F.one_hot(LABELS, 4) * y.softmax(1)).sum(),
    ),
    "a mean reward": (4, lambda y: (TARGETS[:, None] - TARGETS[:, None] * y.softmax(1)).mean()),
    "rewards that add up to one": (4, lambda y: -(SOFT * y.softmax(1)).sum(1).mean()),
    "targets that can be aligned": (
        12,
        lambda y: F.ctc_loss(
            y.view(N, 3, 4).transpose(0, 1).log_softmax(2),
            torch.ones(N, 1, dtype=torch.long),
            torch.full((N,), 3),
            torch.full((N,), 1),
            zero_infinity=True,
        ),
    ),
    "the value of one state": (
        4,
        lambda y: F.mse_loss(F.linear(y[:1], SOFT[:1]).expand(N, 1), ONES[:, None]),
    ),
    "a constant": (4, lambda y: F.mse_loss(y.mean().expand(N), ONES)),
    "smoothed and more": (
        1,
        lambda y: F.binary_cross_entropy_with_logits(y[:, 0], 1.2 * ONES - 0.1),
    ),
    "log of softmax": (4, lambda y: F.nll_loss(y.softmax(1).log(), LABELS)),
    "log-softmax twice: the same": (4, lambda y: F.cross_entropy(y.log_softmax(1), LABELS)),
    "attention": (4, lambda y: F.cross_entropy(y.softmax(1) @ SOFT.T[:, :4] + y, LABELS)),
    "a mixture": (4, lambda y: F.cross_entropy(3 * y.softmax(1), LABELS)),
    "a policy": (
        4,
        lambda y: -(torch.distributions.Categorical(logits=y).log_prob(LABELS) * ONES).mean(),
    ),
    "a policy of shares": (
        4,
        lambda y: -(torch.distributions.Categorical(y.softmax(1)).log_prob(LABELS)).mean(),
    ),
    "relu before the last layer": (4, lambda y: F.cross_entropy(y.relu() @ SOFT.T[:, :4], LABELS)),
    "distances": (4, lambda y: F.cross_entropy(-y.relu(), LABELS)),
    "sigmoid with its own loss": (1, lambda y: F.binary_cross_entropy(y.sigmoid()[:, 0], ONES)),
    "columns": (1, lambda y: F.mse_loss(y, TARGETS[:, None])),
    "all pairs of a row and a column": (1, lambda y: ((y[:, 0] - TARGETS[:, None]) ** 2).mean()),
    "counts behind a ReLU": (1, lambda y: F.mse_loss(y.relu()[:, 0], SPREAD.abs())),
    "rain, less a little": (1, lambda y: F.mse_loss(y.relu()[:, 0], SPREAD.abs() - 0.02)),
    "an odd outlier": (1, lambda y: F.mse_loss(y.tanh()[:, 0], SPREAD.clamp(-9, 0.9))),
    "a tanh that is stretched": (1, lambda y: F.mse_loss(4 * y.tanh()[:, 0], 3 * SPREAD)),
    "a ReLU with a shift": (1, lambda y: F.mse_loss(y.relu()[:, 0] - 2, SPREAD)),
    "one that lets some through": (1, lambda y: F.mse_loss(F.leaky_relu(y)[:, 0], SPREAD)),
    "targets that are trained": (1, lambda y: F.mse_loss(y.relu()[:, 0], y[:, 0] - 3)),
    "positions": (12, lambda y: F.cross_entropy(y.view(-1, 4), THREE.view(-1))),
    "classes second": (12, lambda y: F.cross_entropy(y.view(N, 3, 4).mT, THREE)),
    "time first": (
        12,
        lambda y: F.cross_entropy(
            y.view(N, 3, 4).transpose(0, 1).reshape(-1, 4), THREE.t().reshape(-1)
        ),
    ),
    "maps with classes second": (
        12,
        lambda y: F.cross_entropy(y.view(N, 4, 3).mT.reshape(-1, 4), THREE.view(-1)),
    ),
    "rows": (1, lambda y: F.mse_loss(y.squeeze(1), TARGETS)),
    "one example": (1, lambda y: F.mse_loss(y[:1], TARGETS[:1])),
    "pairs by design": (1, lambda y: ((y - y.T) ** 2).mean()),
    "pairs with constants": (1, lambda y: ((y.flatten()[:, None] - TARGETS) ** 2).mean()),
    "pairs, contrastive": (1, lambda y: F.relu(1 - (y - TARGETS).abs()).mean()),
    "a matrix less its mean": (N, lambda y: ((y - TARGETS) ** 2).mean()),
    "a kernel": (1, lambda y: (-((y - TARGETS) ** 2)).exp().mean()),
    "a distance to other samples": (
        1,
        lambda y: (y - TARGETS).abs().mean() - (y - y.T).abs().mean() / 2,
    ),
}


@pytest.mark.filterwarnings("ignore:Using a target size")
@pytest.mark.parametrize("name", WRONG)
def test_what_is_certainly_wrong(name: str) -> None:
    width, made, kind = WRONG[name]
    ((told, words),) = fed_wrongly(made(nn.Linear(3, width)(torch.randn(N, 3))))
    assert told == kind
    assert words.isprintable()


@pytest.mark.filterwarnings("ignore:Using a target size")
@pytest.mark.parametrize("name", RIGHT)
def test_what_only_looks_like_it(name: str) -> None:
    width, made = RIGHT[name]
    assert fed_wrongly(made(nn.Linear(3, width)(torch.randn(N, 3)))) == ()


def test_a_forecast_that_is_stretched_by_hand_is_wanted() -> None:
    one = nn.Linear(3, 1)(torch.randn(N, 3))
    assert look_ahead(F.mse_loss(one.expand(-1, N), torch.randn(N, N))).faults == ()


@pytest.mark.filterwarnings("ignore:Using a target size")
def test_what_was_saved_is_not_touched_and_other_nodes_are_no_trouble() -> None:
    def unpack(packed: Tensor) -> Tensor:
        raise AssertionError

    with torch.autograd.graph.saved_tensors_hooks(lambda saved: saved, unpack):
        loss = F.mse_loss(nn.Linear(3, 1)(torch.randn(N, 3)), TARGETS)
    assert look_ahead(loss).faults == ()
    assert fed_wrongly(torch.ones(())) == ()
    assert fed_wrongly(nn.Parameter(torch.ones(())) * 1) == ()


def similar(scale: float, classes: int = 48, *, turned: bool = False) -> set[str]:
    one, other = (nn.Linear(5, 16)(torch.randn(classes, 5)) for _ in range(2))
    scores = F.normalize(one, dim=-1) @ F.normalize(other, dim=-1).t()
    scores = scores.t() if turned else scores
    return {kind for kind, _ in fed_wrongly(F.cross_entropy(scores * scale, torch.arange(classes)))}


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(("scale", "told"), [(0.07, True), (1.0, False), (1 / 0.07, False)])
def test_scores_that_stay_flat_whatever_is_learned(scale: float, told: bool, turned: bool) -> None:
    assert similar(scale, turned=turned) == ({"flat_scores"} if told else set())


def test_the_least_loss_of_flat_scores_is_that_of_the_best_answers() -> None:
    """All scores at one end but that of the right answer at the other."""
    classes, scale = 48, 0.07
    best = torch.full((classes, classes), -scale).fill_diagonal_(scale)
    least = float(F.cross_entropy(best, torch.arange(classes)))
    one = nn.Linear(5, 16)(torch.randn(classes, 5))
    scores = scale * (F.normalize(one, dim=-1) @ F.normalize(one, dim=-1).t())
    ((_, words),) = fed_wrongly(F.cross_entropy(scores, torch.arange(classes)))
    assert f"is below {least:.3g}," in words


def test_products_of_other_vectors_may_be_as_large_as_they_like() -> None:
    one, other = (nn.Linear(5, 16)(torch.randn(48, 5)) for _ in range(2))
    for scores in (one @ other.t(), F.normalize(one, dim=-1) @ other.t(), one / 100 @ other.t()):
        assert fed_wrongly(F.cross_entropy(scores * 0.07, torch.arange(48))) == ()
