"""How many examples a loss is the mean of, as far as its graph tells."""

from typing import Any

FAR = 12
"""Nodes between the loss and the outputs of the net."""


def batch_of(node: Any) -> int:
    """The first side of the first table [examples, ...] above a loss's node; 0 where there is none.
    Only shapes are read, as in `LossCapture.task_facts`."""
    for _ in range(FAR):
        tables = [one.shape for one in node._input_metadata if len(one.shape) > 1]
        if tables:
            return tables[0][0] if type(tables[0][0]) is int else 0
        below = [one for one, _ in node.next_functions if one is not None]
        if len(below) != 1:
            return 0
        node = below[0]
    return 0
