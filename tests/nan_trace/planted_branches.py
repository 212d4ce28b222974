"""Faults in loss functions that are found only by looking through all branches of the graph."""

import torch
import torch.nn.functional as F
from torch import Tensor

from tests.nan_trace.planted_losses import CLASSES, ROWS, Fault, nan_at


def contrast_of_lone_samples(x: Tensor, y: Tensor) -> Tensor:
    """Two of six have nobody of their kind, and are divided by how many there are."""
    kinds = torch.tensor([0, 0, 1, 1, 2, 3])
    others = 1 - torch.eye(ROWS)
    alike = (kinds[:, None] == kinds).float() * others
    near = x @ x.T - (x @ x.T).amax(1, keepdim=True).detach()
    chance = near - ((near.exp() * others).sum(1, keepdim=True)).log()
    return -((alike * chance).sum(1) / alike.sum(1)).mean()


def divergence(x: Tensor, y: Tensor) -> Tensor:
    """A sum in which the other part is finite."""
    spread = x.abs() * 1e4
    return F.mse_loss(x, y) - 0.5 * (1 + spread - x.square() - spread.exp()).sum(1).mean()


def unaligned(x: Tensor, y: Tensor) -> Tensor:
    """Six frames for five labels, of which two pairs are the same."""
    chance = x.log_softmax(1).unsqueeze(1)
    labels = torch.tensor([[1, 1, 2, 2, 3]])
    return F.ctc_loss(chance, labels, torch.tensor([ROWS]), torch.tensor([5]))


def added_mask(x: Tensor, y: Tensor) -> Tensor:
    mask = torch.zeros(ROWS, ROWS)
    mask[2] = -torch.inf
    return ((x @ x.T + mask).softmax(1) @ x - y).square().mean()


class Grown(torch.autograd.Function):
    @staticmethod
    def forward(ctx: object, x: Tensor) -> Tensor:
        return x.exp()

    @staticmethod
    def backward(ctx: object, grad: Tensor) -> Tensor:  # type: ignore[override]
        return grad


class Lost(torch.autograd.Function):
    @staticmethod
    def forward(ctx: object, x: Tensor) -> Tensor:
        return x * 2

    @staticmethod
    def backward(ctx: object, grad: Tensor) -> Tensor:  # type: ignore[override]
        return grad / 0


def whole(y: Tensor) -> Tensor:
    """Which targets are there, of those of `nan_at`."""
    return ~nan_at(y, 3).isnan()


FORWARD = [
    Fault("contrast_of_lone_samples", contrast_of_lone_samples, "div", "2 zeros among 6 values"),
    Fault("divergence", divergence, "exp", "among 24 values"),
    Fault("unaligned_labels", unaligned, "ctc_loss", "6 frames for 5 labels, which need 7"),
    Fault(
        "ignored_labels",
        lambda x, y: F.cross_entropy(x, torch.full((ROWS,), -100)),
        "nll_loss",
        "all 6 labels are -100, which is ignored",
    ),
    Fault(
        "ignored_pixels",
        lambda x, y: F.cross_entropy(x.T.reshape(1, CLASSES, 2, 3), torch.full((1, 2, 3), -100)),
        "nll_loss2d",
        "all 6 labels",
    ),
    Fault(
        "classes_without_weight",
        lambda x, y: F.cross_entropy(
            x, torch.zeros(ROWS, dtype=torch.long), torch.tensor([0.0, 1, 1, 1])
        ),
        "nll_loss",
        "have weight 0",
    ),
    Fault("nothing_selected", lambda x, y: (x - y).square()[y > 9].mean(), "mean", "no values"),
    Fault(
        "nothing_counted",
        lambda x, y: ((x - y).square() * (y > 9)).sum() / (y > 9).sum(),
        "div",
        "division by zero",
    ),
    Fault("spread_of_one", lambda x, y: (x - y)[:1].std(0).mean(), "std", "1 value"),
    Fault("added_mask", added_mask, "softmax", "1 row"),
    Fault(
        "constant_by_nothing",
        lambda x, y: ((y * 0 + 1) / (x - x)).sum(),
        "div",
        "24 zeros",
    ),
    Fault(
        "infinite_constant",
        lambda x, y: ((x * 0) * (y / 0)).sum(),
        "mul",
        "infinity in a tensor without a gradient (24 of 24 values), and 0 times that is NaN",
    ),
    Fault("own_function", lambda x, y: Grown.apply(x * 1e4).mean(), "Grown"),
    Fault(
        "first_of_two",
        lambda x, y: F.mse_loss(x * 1e25, y) + (x.abs() * 1e4).exp().mean(),
        "mse_loss",
        "infinity",
    ),
    Fault(
        "constant_of_a_product", lambda x, y: (x * nan_at(y, 3)).sum(), "", "mul was given", "data"
    ),
    Fault("labels_by_chance", lambda x, y: F.cross_entropy(x, nan_at(y, 2)), "", "2 of 24", "data"),
]

BACKWARD = [
    Fault(
        "selected_behind_a_square",
        lambda x, y: (x - nan_at(y, 3)).square()[whole(y)].mean(),
        "pow",
        "NaN in 3 of 24 values that are left out behind it",
    ),
    Fault(
        "selected_behind_mse",
        lambda x, y: F.mse_loss(x, nan_at(y, 3), reduction="none")[whole(y)].mean(),
        "mse_loss",
        "it is in the targets",
    ),
    Fault(
        "selected_behind_bce",
        lambda x, y: F.binary_cross_entropy_with_logits(x, nan_at(y, 3), reduction="none")[
            whole(y)
        ].mean(),
        "binary_cross_entropy_with_logits",
        "it is in the targets",
    ),
    Fault(
        "where_behind_a_square",
        lambda x, y: torch.where(whole(y), (x - nan_at(y, 3)).square(), 0).mean(),
        "pow",
        "0 times NaN",
    ),
    Fault("sum_without_nan", lambda x, y: (x - nan_at(y, 3)).square().nansum(), "pow", "3 of 24"),
    Fault(
        "numbers_for_nan", lambda x, y: (x - nan_at(y, 3)).square().nan_to_num().mean(), "pow", "3"
    ),
    Fault(
        "weight_that_is_left_out",
        lambda x, y: torch.where(y > 2, x * (y / 0), x).mean(),
        "mul",
        "0 times infinity",
    ),
    Fault(
        "vectors_of_equal_values",
        lambda x, y: (torch.linalg.eigh(x[:4] * 0 + torch.eye(4))[1] * y[:4]).sum(),
        "linalg_eigh",
        "3 of 3 eigenvalues",
    ),
    Fault(
        "turned_by_equal_values",
        lambda x, y: (lambda u, s, v: (u @ v * y[:4]).sum())(
            *torch.linalg.svd(x[:4] * 0 + torch.eye(4))
        ),
        "linalg_svd",
        "3 of 3 singular values",
    ),
    Fault("own_backward", lambda x, y: Lost.apply(x).mean(), "Lost", "most likely"),
]
