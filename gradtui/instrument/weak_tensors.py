"""Tensors of a program that are remembered without being kept alive."""

import weakref
from collections.abc import Callable, Iterable, Sequence

import torch
from torch import Tensor

GONE = torch.empty(0)
"""Stands for a tensor that the program has let go."""
FEWEST, MOST = 2, 1 << 16
"""Elements of a gradient that `smallest_gradient` finds."""


class WeakTensors:
    """A list of tensors, in their order. `gone`, if given, is told the id of each one that dies,
    before anything else can have that id."""

    __slots__ = ("_ids", "_lost", "_refs")

    def __init__(
        self, tensors: Iterable[Tensor], gone: Callable[[int], None] | None = None
    ) -> None:
        given = list(tensors)
        self._lost: list[int] = []
        self._refs = [weakref.ref(t, _telling(self._lost, gone, id(t))) for t in given]
        self._ids = hash(tuple(map(id, given)))

    def __len__(self) -> int:
        return len(self._refs)

    def tensors(self) -> list[Tensor]:
        """As many as there were, `GONE` in the place of those that have died."""
        return [GONE if (tensor := ref()) is None else tensor for ref in self._refs]

    def are(self, tensors: Sequence[Tensor]) -> bool:
        """Whether these are they, all of them alive.

        Asked at steps whose norms are taken: a hash of the ids looks at no object but the tensors, where
        calling each reference would touch two more that no cache holds.
        """
        return not self._lost and hash(tuple(map(id, tensors))) == self._ids


def _telling(
    lost: list[int], gone: Callable[[int], None] | None, key: int
) -> Callable[[weakref.ref[Tensor]], None]:
    def died(ref: weakref.ref[Tensor]) -> None:
        lost.append(key)
        if gone is not None:
            gone(key)

    return died


def smallest_gradient(tensors: Iterable[Tensor]) -> weakref.ref[Tensor] | None:
    """The smallest of them with a gradient that is on a CPU and has a direction."""
    given = [
        p
        for p in tensors
        if type(p.grad) is Tensor
        and p.grad.is_cpu
        and p.grad.layout is torch.strided
        and p.grad.is_floating_point()
        and FEWEST <= p.numel() <= MOST
    ]
    return weakref.ref(min(given, key=Tensor.numel)) if given else None
