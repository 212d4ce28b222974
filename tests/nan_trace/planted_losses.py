"""Faults in loss functions outside of every module: what is computed, and what has to be named."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

CLASSES = 4
ROWS = 6
Loss = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Fault:
    """`loss` of the output [6, 4] of a model and of targets [6, 4], a chance for each class."""

    name: str
    loss: Loss
    operation: str
    words: str = ""
    phase: str = "forward"


def hot(x: Tensor) -> Tensor:
    """Of a softmax that is so sure of itself that the others are exactly zero."""
    return (x + 400 * F.one_hot(x.argmax(1), CLASSES)).softmax(1)


def hidden(x: Tensor, rows: int) -> Tensor:
    mask = torch.zeros(x.shape, dtype=torch.bool)
    mask[:, 1] = True
    mask[:rows] = True
    return mask


def nan_at(y: Tensor, places: int) -> Tensor:
    return y.flatten().index_fill(0, torch.arange(places), torch.nan).view_as(y)


def swallowed(x: Tensor, y: Tensor) -> Tensor:
    """An infinity that a sigmoid has swallowed before the fault."""
    return ((x.abs() + 99).exp().sigmoid() - y).sum() + (x * 0).log().mean()


FORWARD = [
    Fault(
        "cross_entropy_by_hand", lambda x, y: -(hot(x).log() * y).sum(), "log", "18 zeros among 24"
    ),
    Fault("log_of_softmax", lambda x, y: -hot(x).log().mean(), "log", "(after softmax)"),
    Fault(
        "log_of_one_minus_sigmoid",
        lambda x, y: -(1 - (x.abs() * 100 + 50).sigmoid()).log().mean(),
        "log",
        "24 zeros",
    ),
    Fault("entropy", lambda x, y: (hot(x) * hot(x).log()).sum(1).mean(), "log", "zeros"),
    Fault("sqrt_of_negative", lambda x, y: (-x.square()).sqrt().mean(), "sqrt", "24 negative"),
    Fault(
        "acos_beyond_one", lambda x, y: (x.abs() + 2).mul(y + 9).acos().mean(), "acos", "outside"
    ),
    Fault("exp_overflow", lambda x, y: (x.abs() * 1e4).exp().mean(), "exp", "up to"),
    Fault("zero_by_zero", lambda x, y: ((x * 0) / (x * 0)).mean(), "div", "division by 24 zeros"),
    Fault("by_its_spread", lambda x, y: (x / (x * 0).std(0)).mean(), "div", "division by 24 zeros"),
    Fault("one_by_zero", lambda x, y: (1 / (x * 0)).mean(), "reciprocal", "zeros"),
    Fault("fractional_power", lambda x, y: (-x.abs()).pow(1.5).mean(), "pow", "24 negative"),
    Fault("power_of_zero", lambda x, y: (x * 0).pow(-1).sum(), "pow", "24 zeros"),
    Fault(
        "nothing_left_to_sum",
        lambda x, y: x.masked_fill(hidden(x, 2), -torch.inf).logsumexp(1).mean(),
        "logsumexp",
        "2 rows",
    ),
    Fault(
        "nothing_left_to_choose",
        lambda x, y: (x.masked_fill(hidden(x, 3), -torch.inf).softmax(1) * y).sum(),
        "softmax",
        "3 rows",
    ),
    Fault(
        "where_does_not_hide_it",
        lambda x, y: torch.where(y > 0.5, x * 0, x * 0 + 1).log().sum(),
        "log",
        "zeros",
    ),
    Fault("norm_that_overflows", lambda x, y: (x * 1e30).square().sum(), "pow", "infinity"),
    Fault("reciprocal_root", lambda x, y: ((x * 0).rsqrt() * y).sum(), "rsqrt", "24 zeros"),
    Fault("atanh_of_one", lambda x, y: ((x * 0 + 1).atanh() * y).mean(), "atanh", "at -1 or 1"),
    Fault("log1p_of_minus_one", lambda x, y: (x * 0 - 1).log1p().mean(), "log1p", "-1 or less"),
    Fault("after_a_swallowed_infinity", swallowed, "log", "24 zeros"),
    Fault(
        "masked_class_is_chosen",
        lambda x, y: F.cross_entropy(x.masked_fill(hidden(x, 0), -torch.inf), y.argmax(1) * 0 + 1),
        "masked_fill",
    ),
]

DATA = [
    Fault("mse", lambda x, y: F.mse_loss(x, nan_at(y, 3)), "", "3 of 24", "data"),
    Fault("mse_by_hand", lambda x, y: (x - nan_at(y, 3)).square().mean(), "", "3 of 24", "data"),
    Fault("l1", lambda x, y: F.l1_loss(x, nan_at(y, 2)), "", "2 of 24", "data"),
    Fault("huber", lambda x, y: F.huber_loss(x, nan_at(y, 2)), "", "targets", "data"),
    Fault(
        "bce",
        lambda x, y: F.binary_cross_entropy_with_logits(x, nan_at(y, 1)),
        "",
        "1 of 24",
        "data",
    ),
]

UNKNOWN = [
    Fault(
        "root_of_a_residual",
        lambda x, y: (-x.square() - y).sqrt().mean(),
        "",
        "negative numbers or NaN",
    ),
    Fault(
        "root_of_a_bad_target", lambda x, y: (x.square() + nan_at(y, 3)).sqrt().mean(), "", "or NaN"
    ),
    Fault(
        "overflow_of_a_sum",
        lambda x, y: (x.abs() + 99).exp().mean(),
        "",
        "large numbers or infinity",
    ),
    Fault(
        "infinite_constant", lambda x, y: (x + y / 0).exp().mean(), "", "large numbers or infinity"
    ),
]
"""A graph does not keep what is added, so that it cannot be told whether that was NaN."""

BACKWARD = [
    Fault("sqrt_at_zero", lambda x, y: (x * 0).sqrt().mean(), "sqrt", "24 of 24"),
    Fault(
        "distance_to_itself", lambda x, y: (x - x).square().sum(1).sqrt().mean(), "sqrt", "6 of 6"
    ),
    Fault(
        "root_of_a_perfect_fit",
        lambda x, y: F.mse_loss(x, x.detach()).sqrt(),
        "sqrt",
        "1 of 1",
    ),
    Fault(
        "where_hides_a_root",
        lambda x, y: torch.where(y > 2, (x * 0).sqrt(), x).mean(),
        "sqrt",
    ),
    Fault(
        "where_hides_a_negative_root",
        lambda x, y: torch.where(x > 0, x.sqrt(), x * 0).sum(),
        "sqrt",
    ),
    Fault("where_hides_a_log", lambda x, y: torch.where(y > 2, (x * 0).log(), x).sum(), "log"),
    Fault("where_hides_a_quotient", lambda x, y: torch.where(y > 2, y / (x * 0), x).sum(), "div"),
    Fault(
        "where_hides_an_overflow", lambda x, y: torch.where(y > 2, (x * 1e4).exp(), x).sum(), "exp"
    ),
    Fault("acos_at_one", lambda x, y: (x * 0 + 1).acos().mean(), "acos"),
    Fault("asin_at_minus_one", lambda x, y: (x * 0 - 1).asin().mean(), "asin"),
    Fault("cosine_with_itself", lambda x, y: (x * 0 + y.detach() * 0 + 1).acos().sum(), "acos"),
    Fault("power_at_zero", lambda x, y: (x * 0).pow(0.5).mean(), "pow", "24 of 24"),
    Fault("clamp_at_its_edge", lambda x, y: (x * 0).clamp_min(0).sqrt().mean(), "sqrt"),
    Fault("hypot_at_zero", lambda x, y: torch.hypot(x * 0, x * 0).mean(), "hypot"),
]

HARMLESS: list[Fault] = [
    Fault(
        "masked_softmax",
        lambda x, y: (
            (x.masked_fill(hidden(x, 0), -torch.inf).softmax(1) * y).sum() + (x * 0).log().sum()
        ),
        "log",
    ),
    Fault(
        "masked_logsumexp",
        lambda x, y: x.masked_fill(hidden(x, 0), -torch.inf).logsumexp(1).mean() / (x * 0).sum(),
        "div",
    ),
    Fault(
        "masked_log_softmax",
        lambda x, y: (
            F.cross_entropy(x.masked_fill(hidden(x, 0), -torch.inf), y.argmax(1) * 0)
            + (-x.abs()).sqrt().sum()
        ),
        "sqrt",
    ),
    Fault(
        "where_hides_a_log",
        lambda x, y: (
            torch.where(y > 2, (x * 0).log(), x).sum() + (x.abs() + 2).mul(y + 1).acos().sum()
        ),
        "acos",
    ),
    Fault(
        "row_that_is_dropped",
        lambda x, y: (
            x.masked_fill(hidden(x, 2), -torch.inf).softmax(1)[2:].sum() + (-x.abs()).pow(0.5).sum()
        ),
        "pow",
    ),
    Fault(
        "root_behind_a_relu",
        lambda x, y: x.relu().sqrt().mean() + (x * 0 + 1).acos().mean(),
        "acos",
        phase="backward",
    ),
    Fault(
        "root_behind_a_clamp",
        lambda x, y: (-x.abs() - 1).clamp_min(0).sqrt().mean() + (x * 0).pow(0.5).mean(),
        "pow",
        phase="backward",
    ),
    Fault(
        "infinite_minimum",
        lambda x, y: x.masked_fill(hidden(x, 0), torch.inf).amin(1).sum() + (x * 0).log().sum(),
        "log",
    ),
]
"""With infinities that do no harm, and a fault elsewhere."""
