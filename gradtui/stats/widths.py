"""Which tensors share a buffer, so that padding and starting reductions together cost least."""

from collections import defaultdict
from collections.abc import Mapping
from itertools import accumulate

START_COST = 1_000_000
"""What one more buffer costs, in padded elements that could be reduced in that time."""


def rows_of(numel: int, width: int) -> int:
    """Whole rows that a tensor takes in a buffer of that width."""
    return -(-numel // width)


def by_width(
    numels: Mapping[int, int], widest: int, start_cost: int
) -> list[tuple[int, list[int]]]:
    """{tensor: elements > 0} -> [(width, tensors)], each class as wide as its largest member.

    An optimal cut of the tensors sorted by size. Tensors larger than `widest` take several rows.
    """
    sized: dict[int, list[int]] = defaultdict(list)
    for tensor, numel in numels.items():
        sized[min(numel, widest)].append(tensor)
    sizes = sorted(sized)
    rows = [sum(rows_of(numels[i], size) for i in sized[size]) for size in sizes]
    before = list(accumulate(rows, initial=0))
    best, cut = [0], [0]
    for end in range(1, len(sizes) + 1):
        cost, start = min(
            (best[start] + start_cost + (before[end] - before[start]) * sizes[end - 1], start)
            for start in range(end)
        )
        best.append(cost)
        cut.append(start)
    classes = []
    end = len(sizes)
    while end:
        start = cut[end]
        classes.append((sizes[end - 1], [i for s in sizes[start:end] for i in sized[s]]))
        end = start
    return classes
