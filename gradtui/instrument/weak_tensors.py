"""Tensors of a program that are remembered without being kept alive."""

import weakref
from collections.abc import Callable, Iterable, Sequence
from operator import call, is_

import torch
from torch import Tensor

GONE = torch.empty(0)
"""Stands for a tensor that the program has let go."""


class WeakTensors:
    """A list of tensors, in their order. `gone`, if given, is told the id of each one that dies,
    before anything else can have that id."""

    __slots__ = ("_refs",)

    def __init__(
        self, tensors: Iterable[Tensor], gone: Callable[[int], None] | None = None
    ) -> None:
        self._refs = [weakref.ref(tensor, _telling(gone, id(tensor))) for tensor in tensors]

    def __len__(self) -> int:
        return len(self._refs)

    def tensors(self) -> list[Tensor]:
        """As many as there were, `GONE` in the place of those that have died."""
        return [GONE if (tensor := ref()) is None else tensor for ref in self._refs]

    def are(self, tensors: Sequence[Tensor]) -> bool:
        """Whether these are they, all of them alive."""
        return len(tensors) == len(self._refs) and all(map(is_, map(call, self._refs), tensors))


def _telling(
    gone: Callable[[int], None] | None, key: int
) -> Callable[[weakref.ref[Tensor]], None] | None:
    return None if gone is None else lambda ref: gone(key)
