"""How large the numbers of a tensor are, and which of them are none."""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from gradtui.core.autopsy import Span
from gradtui.stats.tensors import components, local


@dataclass(frozen=True, slots=True)
class ValueRange:
    """Of some tensors together: `low` and `high` are absolute and finite."""

    low: float = 0.0
    high: float = 0.0
    count: int = 0
    nan: int = 0
    plus: int = 0
    minus: int = 0
    ids: frozenset[int] = frozenset()
    """Of those tensors that are not finite."""
    places: tuple[str, ...] = ()

    @property
    def bad(self) -> bool:
        return bool(self.nan or self.plus or self.minus)

    @property
    def mask_like(self) -> bool:
        """Not finite, but only by being minus infinity, as attention masks are."""
        return bool(self.minus) and not self.nan and not self.plus

    @property
    def span(self) -> Span | None:
        if not self.count:
            return None
        return Span(self.low, self.high, self.nan + self.plus + self.minus, self.count)

    @property
    def word(self) -> str:
        """What is not finite about them."""
        return "NaN" if self.nan else "infinity" if self.bad else "finite"


NOTHING = ValueRange()


@torch.no_grad()
def look(tensor: Tensor, place: str = "") -> ValueRange:
    """At one tensor; nothing where it holds no floating-point numbers, or they are elsewhere."""
    if not (tensor.is_floating_point() or tensor.is_complex()) or tensor.device.type == "meta":
        return NOTHING
    flat = components(_stored(local(tensor.detach())))
    if flat.numel() == 0:
        return NOTHING
    if flat.element_size() == 1:
        flat = flat.float()
    low, high = (float(end) for end in torch.aminmax(flat.abs()))
    count = flat.numel()
    if high < torch.inf:  # NaN is the largest to aminmax
        return ValueRange(low, high, count)
    finite = flat.isfinite()
    kept = flat[finite].abs()
    ends = (float(kept.min()), float(kept.max())) if kept.numel() else (0.0, 0.0)
    nan = int(flat.isnan().sum())
    plus, minus = int((flat == torch.inf).sum()), int((flat == -torch.inf).sum())
    return ValueRange(*ends, count, nan, plus, minus, frozenset((id(tensor),)), (place,))


def _stored(tensor: Tensor) -> Tensor:
    if tensor.layout is torch.sparse_coo:
        return tensor.coalesce().values()
    return tensor


def together(looks: Iterable[ValueRange]) -> ValueRange:
    """As if all of them were one."""
    some = [one for one in looks if one.count]
    if len(some) == 1:
        return some[0]
    if not some:
        return NOTHING
    usable = [one for one in some if one.nan + one.plus + one.minus < one.count] or some
    return ValueRange(
        min(one.low for one in usable),
        max(one.high for one in usable),
        sum(one.count for one in some),
        sum(one.nan for one in some),
        sum(one.plus for one in some),
        sum(one.minus for one in some),
        frozenset().union(*(one.ids for one in some)),
        tuple(place for one in some for place in one.places),
    )


def look_at(found: Iterable[tuple[str, Tensor]]) -> ValueRange:
    return together([look(tensor, place) for place, tensor in found])
