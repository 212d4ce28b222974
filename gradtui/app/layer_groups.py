"""Layers that repeat, by their names alone: `transformer.h.0.mlp`, `transformer.h.1.mlp`, ... are a group.

Groups hold layers that follow one another, and groups: read from top to bottom a tree of them has every
layer once, in the order in which it came.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from gradtui.core.layout import Layout

LEAST = 4
"""Layers that a group holds at least: fewer are no burden."""
LEAST_STEMS = 6
"""Members that a group has at least whose numbers are no part of their own: `fc1`, `fc2`, `fc3` are named
one by one."""
MOST = 16
"""Members of a group; more of them are put together in ranges."""
MOST_LOOSE = 40
"""Layers and groups that stand side by side though their names have nothing in common."""
DEEPEST = 40
"""Dots of a name that are looked at."""
_NUMBERED = re.compile(r"(.*?)(\d+)")


@dataclass(frozen=True, slots=True)
class Layer:
    """One row; `label` is its name within the group around it."""

    row: int
    label: str

    @property
    def rows(self) -> tuple[int, ...]:
        return (self.row,)


@dataclass(frozen=True, slots=True)
class Group:
    """`rows` in the order of the net. `name` is "transformer.h.*", "transformer.h.0-9" or
    "transformer.h.3"; `base` is what the names of all its layers begin with."""

    name: str
    label: str
    base: str
    members: "tuple[Layer | Group, ...]"
    rows: tuple[int, ...]

    def holds(self, row: int) -> bool:
        return self.rows[0] <= row <= self.rows[-1]


Node = Layer | Group


def layer_groups(names: Sequence[str], rows: Sequence[int]) -> tuple[Node, ...]:
    """The tree of `rows`, which rise and are indices into `names`."""
    return _level(names, rows, "")


def _level(names: Sequence[str], rows: Sequence[int], base: str) -> tuple[Node, ...]:
    """What `rows` consist of, whose names all begin with `base`: no more nodes than can be taken in."""
    nodes = list(_nodes(names, rows, base, base))
    if len(nodes) <= MOST_LOOSE:
        return tuple(nodes)

    def called(chunk: Sequence[Node]) -> str:
        return f"{names[chunk[0].rows[0]]} … {names[chunk[-1].rows[-1]]}"

    return _ranges(nodes, called, base, base)


def _nodes(names: Sequence[str], rows: Sequence[int], within: str, base: str) -> Iterator[Node]:
    """Layers and groups of `rows`, whose names begin with `within`; labels leave out `base`."""

    deepest = within.count(".") >= DEEPEST

    def part(row: int) -> str:
        rest = names[row][len(within) :]
        return rest if deepest else rest.partition(".")[0]

    units = [_Unit(name, tuple(same)) for name, same in groupby(rows, part)]
    for stem, alike in groupby(units, lambda unit: unit.stem):
        run = list(alike)
        if stem is not None and _repeats(stem, run):
            yield _repeat(names, run, within, stem, base)
            continue
        for unit in run:
            if len(unit.rows) == 1 or not unit.part:
                yield from (_layer(names, row, base) for row in unit.rows)
            else:
                yield from _nodes(names, unit.rows, f"{within}{unit.part}.", base)


@dataclass(frozen=True, slots=True)
class _Unit:
    """Rows that follow one another and have the same part in their names, between two dots."""

    part: str
    rows: tuple[int, ...]

    @property
    def stem(self) -> str | None:
        """ "layer12" -> "layer", "12" -> ""; None where no number ends it."""
        found = _NUMBERED.fullmatch(self.part)
        return found[1] if found else None


def _repeats(stem: str, run: Sequence[_Unit]) -> bool:
    layers = sum(len(unit.rows) for unit in run)
    return len(run) >= (LEAST_STEMS if stem else 2) and layers >= LEAST


def _repeat(names: Sequence[str], run: Sequence[_Unit], within: str, stem: str, base: str) -> Group:
    """The group of `run`, whose parts are `stem` and a number."""
    # What has no name but a number is called by what it is within: "h.3".
    inner = within if stem else within[: within.rstrip(".").rfind(".") + 1]
    members = [_member(names, unit, within, inner) for unit in run]
    part_of = {unit.rows[0]: unit.part for unit in run}

    def called(chunk: Sequence[Node]) -> str:
        first, last = part_of[chunk[0].rows[0]], part_of[chunk[-1].rows[0]]
        return f"{within}{first}-{last[len(stem) :]}"

    ranges = _ranges(members, called, within, inner)
    return _group(f"{within}{stem}*", base, within, ranges)


def _member(names: Sequence[str], unit: _Unit, within: str, base: str) -> Node:
    if len(unit.rows) == 1:
        return _layer(names, unit.rows[0], base)
    name = f"{within}{unit.part}"
    inner = _level(names, unit.rows, f"{name}.")
    only = inner[0] if len(inner) == 1 else None
    if isinstance(only, Group):  # all that is in `layer1` is `layer1.*`
        return replace(only, label=_without(only.name, base))
    return _group(name, base, f"{name}.", inner)


def _layer(names: Sequence[str], row: int, base: str) -> Layer:
    return Layer(row, _without(names[row], base))


def _group(name: str, outer: str, base: str, members: tuple[Node, ...]) -> Group:
    rows = tuple(row for member in members for row in member.rows)
    return Group(name, _without(name, outer), base, members, rows)


def _without(name: str, base: str) -> str:
    return name.removeprefix(base) or name


def _ranges(
    nodes: Sequence[Node], called: Callable[[Sequence[Node]], str], base: str, outer: str
) -> tuple[Node, ...]:
    """The nodes themselves, or MOST groups of them at most, of as many each, and of groups in turn."""
    if len(nodes) <= MOST:
        return tuple(nodes)
    each = _width(len(nodes))
    chunks = [nodes[start : start + each] for start in range(0, len(nodes), each)]
    return tuple(
        _group(called(chunk), outer, base, _ranges(chunk, called, base, outer))
        if len(chunk) > 1
        else chunk[0]
        for chunk in chunks
    )


def _width(count: int) -> int:
    """The smallest round number that cuts `count` into at most MOST parts."""
    size = 1
    while True:
        for each in (2 * size, 4 * size, 5 * size, 10 * size):
            if -(-count // each) <= MOST:
                return each
        size *= 10


def around(tree: Sequence[Node], row: int) -> Iterator[Group]:
    """The groups that hold a row, the outermost first."""
    for node in tree:
        if isinstance(node, Group) and node.holds(row):
            yield node
            yield from around(node.members, row)
            return


def row_of(layout: Layout, module: str) -> int | None:
    """The row of a module, by its path; else the first within it, else the one that it is within."""
    names = [row.name for row in layout.rows]
    if module in names:
        return names.index(module)
    inner = next((i for i, name in enumerate(names) if name.startswith(f"{module}.")), None)
    if inner is not None or not module:
        return inner if module else None
    outer = [i for i, name in enumerate(names) if module.startswith(f"{name}.")]
    return max(outer, key=lambda i: len(names[i]), default=None)
