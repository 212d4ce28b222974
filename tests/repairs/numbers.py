"""Half precision, and operations without a value."""

import torch
from torch import Tensor, nn

from tests.repairs.case import Case, adam, operation, sgd, squares
from tests.repairs.nets import conv, curve, digits, images, pixel_rows
from tests.verdicts.nets import Attention, he, mlp, normal


def root(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """A distance whose slope at nought is infinite."""
    answers = model(x)
    sqrt = operation(torch.sqrt, "safe_sqrt")
    return squares(model, x, y) + 0.0 * sqrt((answers - answers.detach()).square().sum())


def logarithm(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """The log of a softmax that rounds to nought."""

    def log_of_softmax(scores: Tensor, dim: int) -> Tensor:
        return operation(torch.log, "safe_log")(torch.softmax(scores, dim))

    answers = operation(log_of_softmax, "log_of_softmax")(30 * model(x), 1)
    return -answers[torch.arange(len(y)), y].mean()


CASES = [
    Case("half, lr 1", digits, lambda: mlp(8, init=he), sgd(1.0), half="weights"),
    Case("half, lr 3", digits, lambda: mlp(8, init=he), sgd(3.0), half="weights"),
    Case("half, wide signals", digits, lambda: mlp(6, init=normal(1.0)), sgd(0.05), half="weights"),
    Case("half, tiny weights", digits, lambda: mlp(8, init=normal(0.01)), sgd(0.1), half="weights"),
    Case(
        "half, small gradients", digits, lambda: mlp(6, init=normal(0.03)), sgd(0.1), half="weights"
    ),
    Case(
        "half convolutions, tiny weights",
        images,
        lambda: conv(6, nn.ReLU, std=0.01),
        sgd(0.1),
        half="weights",
    ),
    Case(
        "autocast, wide signals",
        digits,
        lambda: mlp(6, init=normal(1.2)),
        sgd(0.05),
        half="autocast",
    ),
    Case(
        "autocast transformer lr 50", pixel_rows, lambda: Attention(2), sgd(50.0), half="autocast"
    ),
    Case(
        "scaler stuck",
        curve(1e4),
        lambda: mlp(4, sizes=(8, 1), init=he),
        adam(),
        squares,
        half="scaler",
    ),
    Case("root of nought", curve(), lambda: mlp(3, sizes=(8, 1)), sgd(0.05), root),
    Case("log of nought", digits, lambda: mlp(3, init=he), sgd(0.1), logarithm),
]
