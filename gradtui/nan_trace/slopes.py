"""Operations whose slope is infinite somewhere although their result is finite, or is not used."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from gradtui.autograd.node_types import words
from gradtui.autograd.saved_tensors import plain, saved, word_of
from gradtui.patching.own_errors import suppress_own

LARGEST = 1 << 20
"""Elements of a tensor that is held until the step is over, at most."""

Slope = Callable[[list[Tensor], Any], Tensor]


@dataclass(slots=True, eq=False)
class InfiniteSlope:
    """What an operation's slope is made of, of one pass. Where `guard` is below `least`, what the
    operation was given came from a clamp, and no gradient goes further."""

    plan: "SlopePlan"
    kept: list[Tensor]
    versions: list[int]
    exponent: Any = None
    guard: Tensor | None = None
    least: Any = None

    @property
    def word(self) -> str:
        return self.plan.word

    @property
    def sure(self) -> bool:
        """False where something below may let no gradient through at those places."""
        return self.plan.sure

    def bad(self) -> Tensor | None:
        """Where the slope is infinite or NaN; None where that is not known."""
        if self.versions != [one._version for one in self.kept]:
            return None
        with suppress_own, torch.no_grad():
            bad = ~torch.isfinite(SLOPES[self.word][1](self.kept, self.exponent))
            return bad if self.guard is None else bad & (self.guard >= self.least)
        return None


def _pow(x: list[Tensor], exponent: Any) -> Tensor:
    power = x[1] if len(x) > 1 else exponent
    return torch.where(torch.as_tensor(power == 0), torch.zeros(()), power * x[0] ** (power - 1))


def _none(x: list[Tensor]) -> Tensor:
    """What becomes of a gradient that is zero."""
    return torch.zeros_like(x[0]) / x[0]  # 0 / x[0] is another thing: 0 * (1 / x[0])


def _div(x: list[Tensor], _: Any) -> Tensor:
    none = _none(x)
    return none if len(x) == 1 else (x[1] / x[0]) / x[0] + none


SLOPES: dict[str, tuple[tuple[str, ...], Slope]] = {
    "sqrt": (("result",), lambda x, _: 0.5 / x[0]),
    "rsqrt": (("result",), lambda x, _: -0.5 * x[0] ** 3),
    "reciprocal": (("result",), lambda x, _: -(x[0] * x[0])),
    "exp": (("result",), lambda x, _: x[0]),
    "log": (("self",), lambda x, _: _none(x)),
    "log2": (("self",), lambda x, _: _none(x)),
    "log10": (("self",), lambda x, _: _none(x)),
    "log1p": (("self",), lambda x, _: 1 / (1 + x[0])),
    "acos": (("self",), lambda x, _: (1 - x[0] * x[0]).rsqrt()),
    "asin": (("self",), lambda x, _: (1 - x[0] * x[0]).rsqrt()),
    "acosh": (("self",), lambda x, _: (x[0] * x[0] - 1).rsqrt()),
    "atanh": (("self",), lambda x, _: 1 / (1 - x[0] * x[0])),
    "pow": (("self",), _pow),
    "div": (("other",), _div),
    "hypot": (("result", "self"), lambda x, _: x[1] / x[0]),
    "softmax": (("result",), lambda x, _: x[0]),
    "logsumexp": (("result",), lambda x, _: x[0]),
}
"""By torch's word: the saved tensors it takes, and what is infinite or NaN where no gradient comes
through as a number, not even one that is zero: a quotient is taken as torch takes it."""

SWALLOW = words(
    "relu clamp clamp_min clamp_max where masked_fill threshold hardtanh maximum minimum "
    "sgn sign round floor ceil trunc"
)
"""They let nothing through at some places, not even NaN."""


@dataclass(frozen=True, slots=True)
class SlopePlan:
    """What is to be read of a node at each pass: names of saved tensors, the last of them of a clamp
    below where there is one, packed and unpacked."""

    word: str
    keys: tuple[tuple[str, str], ...]
    power: bool
    guard: str
    """"self" of a clamp below, "result" of a ReLU below, "" for none."""
    sure: bool

    def keep(self, node: Any) -> InfiniteSlope | None:
        """Without running anybody's code; None for what is large, packed, freed, or not on a CPU."""
        kept = []
        for packed, key in self.keys:
            try:
                if getattr(node, packed).unpack_hook is not None:
                    return None
                tensor = getattr(node, key).detach()
            except RuntimeError:
                return None
            if not tensor.is_cpu or tensor.numel() > LARGEST:
                return None
            kept.append(tensor)
        versions = [tensor._version for tensor in kept]
        exponent = node._saved_exponent if self.power else None
        if not self.guard:
            return InfiniteSlope(self, kept, versions, exponent)
        guard, least = kept[0], torch.finfo(kept[0].dtype).tiny
        if self.guard == "self":
            below = next(one for one, _ in node.next_functions if one is not None)
            clamp = saved(below, "self")
            if clamp is None:
                return None
            guard, least = clamp, plain(below, "min")
        return InfiniteSlope(self, kept, versions, exponent, guard, least)


def plan(node: Any, below: list[Any]) -> SlopePlan | None:
    """None for what has no infinite slope; `below` are those under it, one after the other."""
    word = word_of(node)
    if word not in SLOPES or _flat(node, word):
        return None
    keys, power = SLOPES[word][0], False
    if word == "pow":
        power = type(node).__name__ != "PowBackward1"
        keys = ("self",) if power else ("self", "exponent")
    elif word == "div" and node.next_functions[-1][0] is not None:
        keys = ("other", "self")
    under = [word_of(one) for one in below]
    guard = ""
    if under[:1] == ["clamp_min"] and isinstance(plain(below[0], "min"), (int, float)):
        guard = "self"
    elif under[:1] == ["relu"] and word in ("sqrt", "log", "log2", "log10", "pow"):
        guard = "result"
    sure = not SWALLOW.intersection(under[1:] if guard else under)
    return SlopePlan(
        word, tuple([(f"_raw_saved_{k}", f"_saved_{k}") for k in keys]), power, guard, sure
    )


def _flat(node: Any, word: str) -> bool:
    """A division by a number, or a power of 1 or more, has a finite slope everywhere."""
    if word == "div":
        other = saved(node, "other")
        return node.next_functions[-1][0] is None and other is not None and other.dim() == 0
    power = plain(node, "exponent") if word == "pow" else None
    return isinstance(power, (int, float)) and power >= 1
