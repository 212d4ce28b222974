"""Operations whose slope is infinite or NaN somewhere although their result is finite, or is not
used."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from gradtui.autograd.node_types import words
from gradtui.autograd.saved_tensors import plain, saved, word_of
from gradtui.core.autopsy import Argument
from gradtui.nan_trace.arguments import argument_of
from gradtui.nan_trace.source_lines import Around
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

    @property
    def argument(self) -> Argument | None:
        """What the operation was given."""
        with suppress_own, torch.no_grad():
            value = ARGUMENTS.get(self.word, _same)(self.kept[0])
            word = "" if self.given else self.word
            return argument_of(word, value, slope=True, exponent=self.exponent)
        return None

    @property
    def given(self) -> int:
        """How many NaN and infinities it was given already, in numbers that are left out behind it."""
        apart = self.plan.hidden and self.word not in ARGUMENTS
        return int((~torch.isfinite(self.kept[-1])).sum()) if apart else 0

    def bad(self) -> Tensor | None:
        """Where the slope is infinite or NaN; None where that is not known."""
        if self.versions != [one._version for one in self.kept]:
            return None
        with suppress_own, torch.no_grad():
            bad = ~torch.isfinite(SLOPES[self.word][1](self.kept, self.exponent))
            return bad if self.guard is None else bad & (self.guard >= self.least)
        return None


def argument_at(node: Any) -> Argument | None:
    """What the operation of a node was given, as far as that is saved: of a division what it divides
    by."""
    word = word_of(node)
    keys = ("result",) if word in ARGUMENTS else ("other", "self") if word == "div" else ("self",)
    value = next(
        (one for key in keys if (one := saved(node, key, anywhere=True)) is not None), None
    )
    if value is None:
        return None
    with suppress_own, torch.no_grad():
        return argument_of(word, ARGUMENTS.get(word, _same)(value), slope=True)
    return None


def _same(x: Tensor) -> Tensor:
    return x


def _pow(x: list[Tensor], exponent: Any) -> Tensor:
    power = x[1] if len(x) > 1 else exponent
    return torch.where(torch.as_tensor(power == 0), torch.zeros(()), power * x[0] ** (power - 1))


def _none(x: list[Tensor]) -> Tensor:
    """What becomes of a gradient that is zero."""
    return torch.zeros_like(x[0]) / x[0]  # 0 / x[0] is another thing: 0 * (1 / x[0])


def _div(x: list[Tensor], _: Any) -> Tensor:
    none = _none(x)
    return none if len(x) == 1 else (x[1] / x[0]) / x[0] + none


def _apart(x: list[Tensor], _: Any) -> Tensor:
    """Of singular values, or eigenvalues, [..., n] in order: vectors turn where two are the same."""
    gaps = x[0].diff(dim=-1)
    return torch.where(
        gaps.abs() <= torch.finfo(gaps.dtype).eps * x[0].abs().amax(), torch.inf, gaps
    )


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
    "linalg_svd": (("S",), _apart),
    "linalg_eigh": (("eigenvalues",), _apart),
    "mul": (("other",), lambda x, _: x[0]),
    "mse_loss": (("self", "target"), lambda x, _: x[0] - x[1]),
    "smoothl1_loss": (("self", "target"), lambda x, _: x[0] - x[1]),
    "huber_loss": (("self", "target"), lambda x, _: x[0] - x[1]),
    "binary_cross_entropy_with_logits": (("self", "target"), lambda x, _: x[0] - x[1]),
}
"""By torch's word: the saved tensors it takes, and what is infinite or NaN where no gradient comes
through as a number, not even one that is zero: a quotient is taken as torch takes it."""

TO_TARGETS = ("mse_loss", "smoothl1_loss", "huber_loss", "binary_cross_entropy_with_logits")
ONLY_HIDDEN = ("mul", *TO_TARGETS)
"""Their slope is finite where their result is."""
HIDING = words(
    "index index_select masked_select where masked_fill masked_scatter nan_to_num nansum gather take "
    "select slice clamp clamp_min clamp_max minimum maximum amin amax min max"
)
"""They leave out some of what they are given, NaN among it."""
ARGUMENTS: dict[str, Callable[[Tensor], Tensor]] = {
    "sqrt": lambda x: x * x,
    "rsqrt": lambda x: 1 / (x * x),
    "reciprocal": lambda x: 1 / x,
    "exp": lambda x: x.log(),
}
"""What an operation was given, from its result, where that is all that is kept."""

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
    hidden: bool
    """Whether some of its results are left out behind it."""
    residual: bool
    """Whether it is given the difference from something that has no gradient."""
    near: Around
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


def plan(node: Any, below: list[Any], above: Iterable[str] = ()) -> SlopePlan | None:
    """None for what has no infinite slope; `below` are those under it, one after the other, `above`
    the words of those that it is given to."""
    word, above = word_of(node), frozenset(above)
    hidden = not HIDING.isdisjoint(above)
    if word not in SLOPES or (not hidden and (word in ONLY_HIDDEN or _flat(node, word))):
        return None
    keys, power = SLOPES[word][0], False
    if word == "pow":
        power = type(node).__name__ != "PowBackward1"
        keys = ("self",) if power else ("self", "exponent")
    elif word in ("div", "mul") and node.next_functions[-1][0] is not None:
        both = word == "div" or node.next_functions[0][0] is not None
        keys = ("other", "self") if both else ("self",)
    under = [word_of(one) for one in below]
    guard = ""
    if under[:1] == ["clamp_min"] and isinstance(plain(below[0], "min"), (int, float)):
        guard = "self"
    elif under[:1] == ["relu"] and word in ("sqrt", "log", "log2", "log10", "pow"):
        guard = "result"
    sure = not SWALLOW.intersection(under[1:] if guard else under)
    packed = tuple([(f"_raw_saved_{k}", f"_saved_{k}") for k in keys])
    near = Around(above, frozenset(under[:2]))
    return SlopePlan(word, packed, power, hidden, _residual(node, below), near, guard, sure)


def _residual(node: Any, below: list[Any]) -> bool:
    word = word_of(below[0]) if below else ""
    if word in ("sub", "rsub", "add"):
        return any(one is None for one, _ in below[0].next_functions)
    return word_of(node) in TO_TARGETS


def _flat(node: Any, word: str) -> bool:
    """A division by a number, or a power of 1 or more, has a finite slope everywhere."""
    if word == "div":
        other = saved(node, "other")
        return node.next_functions[-1][0] is None and other is not None and other.dim() == 0
    power = plain(node, "exponent") if word == "pow" else None
    return isinstance(power, (int, float)) and power >= 1
