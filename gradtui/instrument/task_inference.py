"""What a program trains for, as far as the graph of its first loss tells.

Only names, shapes and types of a few nodes are read, and no node is kept: of what was saved for backward,
which may have to be computed anew when it is touched, nothing but targets as the program made them.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import torch
from torch import Tensor

from gradtui.autograd.batch_size import batch_of
from gradtui.autograd.loss_inputs import fed_wrongly
from gradtui.autograd.mean_answer import mean_answer
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
REGRESSION = ("MseLossBackward", "SmoothL1LossBackward", "HuberLossBackward")
BINARY = ("BinaryCrossEntropyBackward", "BinaryCrossEntropyWithLogitsBackward")
MEAN, NONE = 1, 0
"""Values of torch's `reduction`."""

HALVES = {torch.float16: "amp_float16", torch.bfloat16: "amp_bfloat16"}


@dataclass(frozen=True, slots=True)
class TaskFacts:
    """`task` and `classes` as in `RunInfo`, "" and 0 where in doubt; `half` is the precision in
    which the last layers have computed, "" where that is the tensors' own; `batch` examples are in
    the loss, 0 where that cannot be told; `faults` is what the loss function is fed with wrongly.
    `graph_reader` reads how the layers are wired."""

    task: str = ""
    classes: int = 0
    half: str = ""
    batch: int = field(default=0, compare=False)
    faults: Faults = field(default=(), compare=False)
    mean_loss: float = 0.0
    """What answering with the mean of the first targets costs, of a plain mean of squares; 0 where that
    was not found out."""
    label_loss: float = 0.0
    """What answering with the frequencies of the labels costs; 0 where that is not known."""
    graph_reader: GraphReader | None = field(default=None, compare=False, repr=False)


UNKNOWN = TaskFacts()


def look_ahead(loss: Tensor) -> TaskFacts:
    """Call before backward. Cross-entropy counts only where the loss is its mean, so that guessing
    one of `classes` gives their logarithm; squares and the like count however they are scaled."""
    node = loss.grad_fn
    if node is None:
        return UNKNOWN
    task, classes = _told(lambda: _task(node), ("", 0))
    half, batch = _told(lambda: _half(node), ""), _told(lambda: batch_of(node), 0)
    return TaskFacts(task, classes, half, batch, fed_wrongly(loss), mean_answer(node))


def _told(read: Callable[[], T], unknown: T) -> T:
    """What nodes that refuse to tell (of nested tensors, or freed) say is not known, and no news."""
    with suppress_own:
        return read()
    return unknown


def _task(node: Any) -> tuple[str, int]:
    scaled = averaged = False
    for _ in range(STRAIGHT):
        word = node.name()
        if word.startswith(REGRESSION):
            return "regression", 0
        if word.startswith(("NllLoss", *BINARY)):
            reduction = getattr(node, "_saved_reduction", None)
            plain = reduction == MEAN or (reduction == NONE and averaged)
            classes = _classes(node, word)
            return ("classification", classes) if plain and not scaled and classes else ("", 0)
        below = [one for one, _ in node.next_functions if one is not None]
        if len(below) != 1 or not word.startswith((*KEEPING, *SCALING, "MeanBackward")):
            break
        scaled = scaled or word.startswith(SCALING)
        averaged = averaged or word.startswith("MeanBackward")
        node = below[0]
    return "", 0


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
