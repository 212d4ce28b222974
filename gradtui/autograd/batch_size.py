"""How many examples a loss is the mean of, as far as its graph tells."""

from math import prod
from typing import Any

from gradtui.autograd.node_types import VIEWS, name_of, stem

FAR = 12
"""Nodes between the loss and the outputs of the net."""


def batch_of(node: Any) -> int:
    """The first side of the first table [examples, ...] above a loss's node; 0 where there is none.
    Only shapes are read, as in `LossCapture.task_facts`."""
    table, _ = _first_table(node)
    return table[0] if table and type(table[0]) is int else 0


def samples_and_tokens(node: Any) -> tuple[int, int]:
    """Of one pass: (examples, and of sequences that were laid end to end for the loss all their positions).
    (0, 0) where it is not known, (n, 0) of examples without positions."""
    table, at = _first_table(node)
    return _laid_out(table, at) if table else (0, 0)


def _first_table(node: Any) -> tuple[tuple[Any, ...], Any]:
    """(shape, node) of the first output of several dimensions from here down; () where there is none."""
    for _ in range(FAR):
        tables = [one.shape for one in node._input_metadata if len(one.shape) > 1]
        if tables:
            return tuple(tables[0]), node
        below = [one for one, _ in node.next_functions if one is not None]
        if len(below) != 1:
            break
        node = below[0]
    return (), node


def _laid_out(table: tuple[Any, ...], node: Any) -> tuple[int, int]:
    """Whether the rows of a table [rows, ...] come from [examples, positions, ...]."""
    if not all(type(side) is int for side in table):
        return 0, 0
    if len(table) != 2:
        return table[0], 0
    for _ in range(FAR):
        below = [one for one, _ in node.next_functions if one is not None]
        if len(below) != 1:
            break
        deeper = [tuple(one.shape) for one in below[0]._input_metadata]
        for shape in deeper:
            whole = len(shape) == 3 and all(type(side) is int for side in shape)
            if whole and shape[2] == table[1] and prod(shape[:2]) == table[0]:
                return shape[0], table[0]
        if stem(name_of(node)) not in VIEWS | {"NllLoss", "LogSoftmax"}:
            break
        node = below[0]
    return table[0], 0
