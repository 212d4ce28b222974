"""Which optimizer is which: a number for each, in order of construction."""

import weakref
from collections.abc import Iterable, Iterator, Sequence
from math import isfinite
from typing import Any

from torch import Tensor
from torch.optim import Optimizer

from gradtui.nan_trace.module_walk import attributes
from gradtui.stats.tensors import measurable


class OptimizerNumbers:
    """Two that step the same parameters are told apart all the same: they may go by different
    losses. A wrapper and what it wraps are one, and so are those that came one a parameter. One that
    takes the place of another that is gone has its number."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[weakref.ref[Optimizer], int]] = {}
        self._owners: dict[int, list[weakref.ref[Optimizer]]] = {}
        self._stepped: dict[int, frozenset[int]] = {}
        """Number -> ids of parameters."""
        self._single: int | None = None

    def of(self, optimizer: Optimizer, among: Sequence[Optimizer]) -> int:
        """`among`: all that there are, oldest first."""
        number = self._told(optimizer)
        if number is None:
            for one in [*among, optimizer]:
                if self._told(one) is None:
                    self._add(one)
            number = self._told(optimizer)
            assert number is not None
        return number

    def _told(self, optimizer: Optimizer) -> int | None:
        ref, number = self._known.get(id(optimizer), (None, -1))
        return number if ref is not None and ref() is optimizer else None

    def _add(self, optimizer: Optimizer) -> None:
        held = frozenset(id(p) for p in parameters_of(optimizer))
        family = [optimizer, *wrapped(optimizer)]
        number = next((told for one in family if (told := self._told(one)) is not None), None)
        if number is None:
            number = self._same_groups(optimizer)
        if number is None:
            number = self._left_by(held)
        if number is None and len(held) == 1 and self._single is not None:
            number = None if self._alive(held) else self._single
        if number is None:
            number = len(self._owners)
        if len(held) == 1 and self._single is None:
            self._single = number
        for one in family:
            self._known[id(one)] = weakref.ref(one), number
            self._owners.setdefault(number, []).append(weakref.ref(one))
        self._stepped[number] = self._stepped.get(number, frozenset()) | held

    def _same_groups(self, optimizer: Optimizer) -> int | None:
        groups = getattr(optimizer, "param_groups", None)
        for ref, number in self._known.values():
            other = ref()
            if other is not None and groups is getattr(other, "param_groups", ()):
                return number
        return None

    def _left_by(self, held: frozenset[int]) -> int | None:
        for number, stepped in self._stepped.items():
            if stepped & held and all(ref() is None for ref in self._owners[number]):
                self._owners[number] = []
                return number
        return None

    def _alive(self, held: frozenset[int]) -> bool:
        """Whether an optimizer that is there steps any of these."""
        live = [one for ref, _ in self._known.values() if (one := ref()) is not None]
        return any(id(p) in held for one in live for p in parameters_of(one))


def listed(optimizer: Optimizer) -> list[Any]:
    """Everything in its groups, tensors or not."""
    return [p for group in getattr(optimizer, "param_groups", ()) for p in group["params"]]


WORDS = ("momentum", "eps", "weight_decay")
"""Names of single numbers in a group of parameters."""


def groups_of(optimizer: Any) -> list[dict[str, Any]]:
    """Its groups of parameters, as far as they are what torch makes of them."""
    groups = getattr(optimizer, "param_groups", None)
    return [group for group in groups if type(group) is dict] if type(groups) is list else []


def settings_of(optimizer: Any) -> tuple[tuple[str, float], ...]:
    """Numbers of its first group, as `RunInfo.settings` has them; where a schedule is attached, the learning
    rate that it multiplies as well."""
    first = next(iter(groups_of(optimizer)), {})
    meant = first.get("initial_lr")
    if not isinstance(meant, (int, float)) or not isfinite(meant):
        return group_settings(first)
    return (*group_settings(first), ("initial_lr", float(meant)))


def group_settings(group: dict[str, Any]) -> tuple[tuple[str, float], ...]:
    """Numbers of one group."""
    betas = group.get("betas")
    pair = betas if type(betas) is tuple and len(betas) == 2 else ()
    given = {word: group.get(word) for word in WORDS}
    given |= {f"beta{i}": value for i, value in enumerate(pair, 1)}
    return tuple(
        (word, float(value))
        for word, value in given.items()
        if isinstance(value, (int, float)) and isfinite(value)
    )


def parameters_of(optimizer: Optimizer) -> list[Tensor]:
    return [p for p in listed(optimizer) if isinstance(p, Tensor) and measurable(p)]


def wrapped(optimizer: Optimizer) -> Iterator[Optimizer]:
    """Optimizers that another one has in its attributes."""
    for held in list(attributes(optimizer).values()):
        several = list(held.values()) if type(held) is dict else held
        for one in several if type(several) in (list, tuple) else [held]:
            if issubclass(type(one), Optimizer) and one is not optimizer:
                yield one


def steps_before(optimizers: Iterable[Optimizer]) -> int:
    """How many steps they have taken together, by their own counts; -1 where one keeps none, or where
    reading it would wait for a device."""
    # One that wraps another, as accelerate's and Lightning's do, is an optimizer too, and has its state.
    apart = {id(getattr(one, "state", one)): one for one in optimizers}
    counts = [_count(one) for one in apart.values()]
    return sum(counts) if counts and min(counts) >= 0 else -1


def _count(optimizer: Optimizer) -> int:
    state = getattr(optimizer, "state", None)
    if not isinstance(state, dict):
        return -1
    most = -1
    for kept in list(state.values()):
        step: Any = kept.get("step") if isinstance(kept, dict) else None
        at_hand = isinstance(step, Tensor) and step.numel() == 1 and step.device.type == "cpu"
        if at_hand or isinstance(step, (int, float)):
            most = max(most, int(step))
    return most
