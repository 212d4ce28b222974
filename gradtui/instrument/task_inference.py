"""What a program trains for, as far as the graph of its first loss tells.

Only names, shapes and types of a few nodes are read, and no node is kept: of what was saved for backward,
which may have to be computed anew when it is touched, nothing but targets as the program made them.
"""

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import torch
from torch import Tensor

from gradtui.autograd.batch_size import batch_of, samples_and_tokens
from gradtui.autograd.drowned_terms import outweighed
from gradtui.autograd.loss_inputs import fed_wrongly
from gradtui.core.wiring import Faults
from gradtui.instrument.graph_reader import GraphReader
from gradtui.patching.own_errors import suppress_own

T = TypeVar("T")

NODES = 64
STRAIGHT = 8
"""Nodes between the last value and the loss function."""

KEEPING = (
    "ViewBackward",
    "ReshapeAliasBackward",
    "SqueezeBackward",
    "UnsqueezeBackward",
    "ToCopyBackward",
    "CloneBackward",
    "AliasBackward",
)
SCALING = ("MulBackward", "DivBackward", "NegBackward", "SumBackward")
SUMS = ("AddBackward", "SubBackward", "RsubBackward")
REGRESSION = ("MseLossBackward", "SmoothL1LossBackward", "HuberLossBackward")
BINARY = ("BinaryCrossEntropyBackward", "BinaryCrossEntropyWithLogitsBackward")
CLOSE = 1e-6
MEAN, NONE = 1, 0
"""Values of torch's `reduction`."""

HALVES = {torch.float16: "amp_float16", torch.bfloat16: "amp_bfloat16"}


@dataclass(frozen=True, slots=True)
class TaskFacts:
    """`task` and `classes` as in `RunInfo` (or "mixed"), "" and 0 where in doubt; `half` is the precision in
    which the last layers have computed, "" where that is the tensors' own; `batch` examples are in
    the loss, 0 where that cannot be told; `faults` is what the loss function is fed with wrongly.
    `graph_reader` reads how the layers are wired."""

    task: str = ""
    classes: int = 0
    half: str = ""
    batch: int = field(default=0, compare=False)
    faults: Faults = field(default=(), compare=False)
    mean_loss: float = 0.0
    """What answering with the mean of the first batches' targets costs, of a plain mean of squares; 0 where
    that was not found out."""
    label_loss: float = 0.0
    """What answering with the frequencies of the labels costs; 0 where that is not known."""
    samples: int = field(default=0, compare=False)
    tokens: int = field(default=0, compare=False)
    """Of the first pass: examples, and positions where they are sequences; 0 where that cannot be told."""
    graph_reader: GraphReader | None = field(default=None, compare=False, repr=False)

    @property
    def guesses(self) -> tuple[float, float]:
        """What answers cost that look at no input."""
        return self.mean_loss, self.label_loss


UNKNOWN = TaskFacts()


def look_ahead(loss: Tensor) -> TaskFacts:
    """Call before backward. Cross-entropy counts only where the loss is its mean, so that guessing
    one of `classes` gives their logarithm; squares and the like count however they are scaled."""
    node = loss.grad_fn
    if node is None:
        return UNKNOWN
    task, classes = _told(lambda: _task(node), ("", 0))
    if not task and _told(lambda: outweighed(loss), False):
        task = "mixed"
    half, batch = _told(lambda: _half(node), ""), _told(lambda: batch_of(node), 0)
    samples, tokens = _told(lambda: samples_and_tokens(node), (0, 0))
    faults = fed_wrongly(loss)
    return TaskFacts(task, classes, half, batch, faults, samples=samples, tokens=tokens)


def _told(read: Callable[[], T], unknown: T) -> T:
    """What nodes that refuse to tell (of nested tensors, or freed) say is not known, and no news."""
    with suppress_own:
        return read()
    return unknown


def _task(node: Any) -> tuple[str, int]:
    if (halves := _in_both_directions(node)) is not None:
        return halves
    if _of_several_kinds(node):
        return "mixed", 0
    scaled = averaged = False
    for _ in range(STRAIGHT):
        word = node.name()
        if word.startswith(REGRESSION):
            return "regression", 0
        if word.startswith(("NllLoss", *BINARY)):
            reduction = getattr(node, "_saved_reduction", None)
            plain = reduction == MEAN or (reduction == NONE and averaged)
            classes = 0 if _weighs(node, word) else _classes(node, word)
            return ("classification", classes) if plain and not scaled and classes else ("", 0)
        below = [one for one, _ in node.next_functions if one is not None]
        if len(below) != 1 or not word.startswith((*KEEPING, *SCALING, "MeanBackward")):
            break
        scaled = scaled or word.startswith(SCALING)
        averaged = averaged or word.startswith("MeanBackward")
        node = below[0]
    return "", 0


def _in_both_directions(node: Any) -> tuple[str, int] | None:
    """A mean of several cross-entropies over as many classes, as contrastive losses of pairs are: to guess
    costs what it costs in one of them. None of anything else."""
    parts = _parts(node, STRAIGHT)
    if len(parts) < 2 or not math.isclose(sum(weight for _, weight in parts), 1, rel_tol=CLOSE):
        return None
    (first, _), *_ = parts
    return first if first[1] and all(task == first for task, _ in parts) else None


def _of_several_kinds(node: Any) -> bool:
    """A sum of losses, some of which are distances and some are not: what guessing costs of one says nothing
    of all."""
    waiting, distances, others = [(node, STRAIGHT)], 0, 0
    while waiting and distances + others < NODES:
        one, depth = waiting.pop()
        word = one.name()
        if word.startswith(REGRESSION):
            distances += 1
        elif word.startswith(("NllLoss", *BINARY)):
            others += 1
        elif depth and word.startswith((*SUMS, *SCALING, *KEEPING, "MeanBackward")):
            waiting += [(below, depth - 1) for below, _ in one.next_functions if below is not None]
    return distances > 0 and others > 0


def _parts(node: Any, depth: int) -> list[tuple[tuple[str, int], float]]:
    """The cross-entropies that a loss is a weighted sum of; one that is nothing where it is no such sum."""
    word = node.name()
    below = [one for one, _ in node.next_functions if one is not None]
    if depth and word.startswith("AddBackward") and len(below) == 2 and node._saved_alpha == 1:
        return [part for one in below for part in _parts(one, depth - 1)]
    if depth and word.startswith(("MulBackward", "DivBackward")) and len(below) == 1:
        factor = _factor(node)
        if factor is not None:
            return [(task, factor * weight) for task, weight in _parts(below[0], depth - 1)]
    if word.startswith("NllLoss") and getattr(node, "_saved_reduction", None) == MEAN:
        return [(("classification", _classes(node, word)), 1.0)]
    return [(("", 0), math.nan)]


def _factor(node: Any) -> float | None:
    """What a single number multiplies with, or divides by; None where that is not kept."""
    if node._raw_saved_other.unpack_hook is not None:
        return None
    other = node._saved_other
    if type(other) is not Tensor or other.numel() != 1 or not other.is_cpu:
        return None
    value = float(other)
    if node.name().startswith("MulBackward"):
        return value
    return 1 / value if value else None


def _weighs(node: Any, word: str) -> bool:
    """Whether a binary cross-entropy weighs its answers: then to guess does not cost log 2. (A mean over
    classes of given weights is divided by these.)"""
    kept = [getattr(node, f"_raw_saved_{name}", None) for name in ("weight", "pos_weight")]
    return word.startswith(BINARY) and any(one is not None and one.data is not None for one in kept)


def _classes(node: Any, word: str) -> int:
    if word.startswith(BINARY):
        return 2
    below, place = node.next_functions[0]
    if word.startswith("NllLoss2D") and below is not None and below.name().startswith("View"):
        below, place = below.next_functions[0]
    if below is None:
        return 0
    shape = below._input_metadata[place].shape
    return int(shape[1] if len(shape) > 1 else shape[0])


def _half(node: Any) -> str:
    """The first layers that backward will reach tell in what they have computed."""
    waiting, seen = deque([node]), 0
    while waiting and seen < NODES:
        node, seen = waiting.popleft(), seen + 1
        for one in node._input_metadata:
            if one.dtype in HALVES:
                return HALVES[one.dtype]
        waiting.extend(one for one, _ in node.next_functions if one is not None)
    return ""
