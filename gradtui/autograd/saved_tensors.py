"""What a node of a graph has saved for its backward, read without disturbing anything.

A tensor that somebody packed (`saved_tensors_hooks`, a checkpoint) is left alone: to unpack it would
run his code. Nothing that is read keeps the graph alive.
"""

import re
from functools import cache
from typing import Any

import torch
from torch import Tensor

from gradtui.autograd.node_types import name_of, signed, stem
from gradtui.patching.own_errors import suppress_own


def saved(node: Any, key: str, *, anywhere: bool = False) -> Tensor | None:
    """One dense tensor by torch's name for it; None for whatever is not there, or not on a CPU, where
    it is not asked for `anywhere`."""
    found = None
    with suppress_own:
        if getattr(node, f"_raw_saved_{key}").unpack_hook is None:
            found = getattr(node, f"_saved_{key}")
    if type(found) is not Tensor and not isinstance(found, Tensor):
        return None
    if not (anywhere or found.is_cpu) or found.layout is not torch.strided:
        return None
    # Of a plain number's tensor the mean is another number, and that of a copy is not.
    number = found.is_cpu and not found.dim()
    return found.detach().clone() if number else found.detach()


def plain(node: Any, key: str) -> Any:
    """What is no tensor: a number, a flag, dimensions as a list; None where there is none."""
    found = getattr(node, f"_saved_{key}", None)
    if isinstance(found, (tuple, list)):
        return [signed(one) for one in found]
    return signed(found)


@cache
def word_of_name(name: str) -> str:
    word = name.rpartition("::")[2].rstrip("0123456789").removesuffix("Backward")
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z])", "_", word).lower()


def word_of(node: Any) -> str:
    """ "LogSoftmaxBackward0" -> "log_softmax", as torch's functions are called."""
    return word_of_name(name_of(node))


def written_by_hand(node: Any) -> bool:
    """Whether it is a torch.autograd.Function of somebody's own."""
    return hasattr(type(node), "_forward_cls")


def called(node: Any) -> str:
    """Its word; of a function that somebody wrote the name that it has there."""
    return stem(name_of(node)) if written_by_hand(node) else word_of(node)


OPERANDS: dict[str, tuple[str, ...]] = {
    "mm": ("self", "mat2"),
    "bmm": ("self", "mat2"),
    "mv": ("self", "vec"),
    "dot": ("self", "tensor"),
    "addmm": ("self", "mat1", "mat2"),
    "convolution": ("input", "weight", "bias"),
    "mse_loss": ("self", "target"),
    "smoothl1_loss": ("self", "target"),
    "huber_loss": ("self", "target"),
    "binary_cross_entropy": ("self", "target"),
    "binary_cross_entropy_with_logits": ("self", "target"),
    "cdist": ("x1", "x2"),
    "linalg_vector_norm": ("self",),
    "ctc_loss": ("log_probs",),
    "linalg_solve_ex": ("A",),
    "linalg_det": ("A",),
    "linalg_slogdet": ("A",),
}
"""What torch calls the tensors that an operation takes in, where not self and other."""


def operands(node: Any) -> tuple[str, ...]:
    """By slot, as `next_functions` has them."""
    kind = type(node).__name__
    if kind == "PowBackward1":
        return "self", "exponent"
    if kind == "PowBackward2":
        return ("exponent",)
    return OPERANDS.get(word_of(node), ("self", "other"))


RESULTS: dict[str, tuple[str, ...]] = {
    "ctc_loss": ("result0",),
    "linalg_svd": ("U", "S", "Vh"),
    "linalg_eigh": ("eigenvalues", "eigenvectors"),
    "linalg_inv_ex": ("inverse",),
    "linalg_cholesky_ex": ("L",),
}
"""The same of what an operation gives, "" where it is not saved."""


def results(node: Any) -> tuple[str, ...]:
    return RESULTS.get(word_of(node), ("result",))
