"""What an operation was given, in numbers: the range of its own argument, and how many of it lie where
the operation has no result, or no slope."""

from collections.abc import Callable
from math import log

import torch
from torch import Tensor

from gradtui.core.autopsy import Argument
from gradtui.stats.tensors import components, local

Test = Callable[[Tensor], Tensor]

BELOW, ZERO, BEYOND, ENDS = "below 0", "at 0", "outside [-1, 1]", "at -1 or 1"
POLES: dict[str, tuple[tuple[str, Test], ...]] = {
    **dict.fromkeys(
        ("log", "log2", "log10", "rsqrt", "pow"),
        ((BELOW, lambda x: x < 0), (ZERO, lambda x: x == 0)),
    ),
    "sqrt": ((BELOW, lambda x: x < 0),),
    **dict.fromkeys(("div", "reciprocal", "digamma"), ((ZERO, lambda x: x == 0),)),
    "lgamma": (("at 0 or a negative whole number", lambda x: (x <= 0) & (x == x.round())),),
    **dict.fromkeys(("acos", "asin"), ((BEYOND, lambda x: x.abs() > 1),)),
    **dict.fromkeys(
        ("atanh", "erfinv"), ((BEYOND, lambda x: x.abs() > 1), (ENDS, lambda x: x.abs() == 1))
    ),
    "log1p": (("at -1 or below", lambda x: x <= -1),),
    "acosh": (("below 1", lambda x: x < 1),),
}
"""By torch's word, without a leading or trailing underscore: what has no finite result."""
SLOPELESS: dict[str, tuple[tuple[str, Test], ...]] = POLES | {
    **dict.fromkeys(("sqrt", "pow", "hypot"), ((BELOW, lambda x: x < 0), (ZERO, lambda x: x == 0))),
    **dict.fromkeys(
        ("acos", "asin"), ((BEYOND, lambda x: x.abs() > 1), (ENDS, lambda x: x.abs() == 1))
    ),
    "acosh": (("at 1 or below", lambda x: x <= 1),),
}
"""The same of the slope."""
EXPONENTIALS = {"exp": 1.0, "expm1": 1.0, "exp2": log(2.0), "sinh": 1.0, "cosh": 1.0}
"""What their argument is multiplied with before it is an exponent of e."""


@torch.no_grad()
def argument_of(
    word: str, given: Tensor, *, slope: bool = False, exponent: object = None
) -> Argument | None:
    """None of what holds no numbers. With `slope` it is the backward that had no finite result;
    `exponent` is that of a power, where it is one number."""
    real = given.is_floating_point() and not given.is_complex()
    if not real or given.layout is not torch.strided or given.device.type == "meta":
        return None
    flat = components(local(given.detach()))
    if flat.numel() == 0:
        return None
    flat = flat if flat.dtype in (torch.float32, torch.float64) else flat.float()
    finite = flat[flat.isfinite()]
    ends = torch.aminmax(finite) if finite.numel() else (0.0, 0.0)
    low, high = (float(end) + 0.0 for end in ends)  # of zeros none is negative
    word = word.replace("_", "").lower()
    tests = _tests(word, given, slope)
    if word == "pow" and isinstance(exponent, (int, float)):
        tests = _of_power(float(exponent), slope=slope)
    counts = [(what, int(test(flat).sum())) for what, test in tests]
    counts = [(what, count) for what, count in counts if count]
    size = flat.numel()
    odd = size - finite.numel()
    if odd and not counts:
        counts = [("NaN" if bool(flat.isnan().any()) else "infinite", odd)]
    if not counts:
        return Argument(low, high, 0, size)
    what = counts[0][0] if len(counts) == 1 else f"{counts[0][0]} or {counts[1][0]}"
    return Argument(low, high, sum(count for _, count in counts), size, what)


def _tests(word: str, given: Tensor, slope: bool) -> tuple[tuple[str, Test], ...]:
    if word in EXPONENTIALS:
        top = log(torch.finfo(given.dtype).max) / EXPONENTIALS[word]
        if word in ("sinh", "cosh"):
            return ((f"beyond {top:.4g} in size", lambda x: x.abs() > top),)
        return ((f"above {top:.4g}", lambda x: x > top),)
    return (SLOPELESS if slope else POLES).get(word, ())


def _of_power(exponent: float, *, slope: bool) -> tuple[tuple[str, Test], ...]:
    below, zero = POLES["pow"]
    falls = exponent < 0 or (slope and exponent < 1)
    if exponent.is_integer():
        return (zero,) if falls else ()
    return (below, zero) if falls else (below,)
