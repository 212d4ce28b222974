"""Which elements of large tensors are remembered, to tell by how much the whole has changed.

A copy of all weights would take as much memory as they do themselves. So of those that are too large
together evenly spaced elements are kept, and the norm of their change, times the root of how many
elements each of them stands for, is an estimate of that of the whole.
"""

from collections.abc import Mapping, Sequence
from math import gcd, prod

REMEMBERED = 1 << 22
"""Elements of all large tensors of one optimizer that are kept at most."""
SAMPLE = 1 << 16
"""Elements of one tensor that are kept where not all of it is. Where the changes of its elements are
normally distributed the estimate has a standard error of 0.3 %; where only a share q of them changes,
as of an embedding, some 0.3 % / sqrt(q)."""


def sample_strides(shapes: Mapping[int, Sequence[int]]) -> dict[int, int]:
    """Tensor -> every how manieth of its elements is remembered, 1 where all are: the smallest ones,
    as far as there is room. Strides have no divisor in common with any side, so that no row or column
    is left out for good."""
    sizes = {i: prod(shape) for i, shape in shapes.items()}
    most = min(SAMPLE, REMEMBERED // max(len(sizes), 1)) or 1
    room = REMEMBERED - sum(min(size, most) for size in sizes.values())
    out = {}
    for i in sorted(sizes, key=lambda i: sizes[i]):
        more = max(sizes[i] - most, 0)
        whole = more <= room
        room -= more if whole else 0
        out[i] = 1 if whole else _stride(shapes[i], sizes[i], most)
    return out


def _stride(shape: Sequence[int], size: int, most: int) -> int:
    stride = -(-size // most)
    while any(gcd(stride, side) > 1 for side in shape):
        stride += 1
    return stride
