"""Which groups of layers are open, and the lines that come of it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from gradtui.app.layer_groups import Group, Layer, Node, around, layer_groups
from gradtui.core.layout import Layout

FEW = 40
"""Rows that are never folded unless somebody asks for it: they are soon scrolled through."""

Key = Callable[[int], Any]
"""What a row is sorted by."""


class Entry(NamedTuple):
    """One line of the list of layers: a layer, or a group and the layer that stands for it."""

    row: int
    """Of a group its worst layer."""
    label: str
    depth: int = 0
    """Groups around it."""
    group: Group | None = None
    open: bool = False


@dataclass
class Folding:
    """What somebody has opened and closed, and what opens by itself: as much as there are lines for,
    first of all the way to the layer that a finding names."""

    lines: int = 0
    """Rows that the screen has room for; 0 where that is not known."""
    every: bool | None = None
    """Whether all groups were opened (True) or closed (False); None where nobody has asked for it."""
    own: dict[str, bool] = field(default_factory=dict)
    """Groups, by name, that somebody has opened or closed one by one."""
    pointed: int | None = None
    """The row whose groups are open, where there are lines for them."""
    _tree: tuple[Node, ...] = ()
    _of: tuple[object, object] = (None, None)

    def reset(self) -> None:
        """Another net."""
        self.every, self.own, self.pointed = None, {}, None
        self._tree, self._of = (), (None, None)

    def applies(self, rows: int) -> bool:
        """Whether so many rows are shown in groups."""
        if self.every is False or self.own:
            return True
        return rows > FEW and rows > self.lines > 0

    def tree(self, layout: Layout, rows: tuple[int, ...], names: Sequence[str]) -> tuple[Node, ...]:
        """The groups of `rows`, in the order of the net; `names` are those of the layout."""
        if self._of[0] is not layout or self._of[1] != rows:
            self._tree, self._of = layer_groups(names, rows), (layout, rows)
        return self._tree

    def entries(
        self, tree: Sequence[Node], badness: Sequence[float], key: Key | None
    ) -> list[Entry]:
        """The lines of the tree; `badness` [rows], `key` of the sort, None for the order of the net."""
        by_itself = opened(tree, self.lines, self.pointed) if self.every is None else frozenset()

        def is_open(group: Group) -> bool:
            default = group.name in by_itself if self.every is None else self.every
            return self.own.get(group.name, default)

        return list(_entries(tree, is_open, badness, key, 0))

    def turn(self, group: Group, open_: bool) -> None:
        """Open or close a group."""
        self.own[group.name] = open_

    def turn_all(self, open_: bool) -> None:
        self.every, self.own = open_, {}


def _entries(
    nodes: Sequence[Node],
    is_open: Callable[[Group], bool],
    badness: Sequence[float],
    key: Key | None,
    depth: int,
) -> Iterator[Entry]:
    if key is not None:
        nodes = sorted(nodes, key=lambda node: min(map(key, node.rows)))
    for node in nodes:
        if isinstance(node, Layer):
            yield Entry(node.row, node.label, depth)
            continue
        worst = max(node.rows, key=lambda row: badness[row])
        yield Entry(worst, node.label, depth, node, is_open(node))
        if is_open(node):
            yield from _entries(node.members, is_open, badness, key, depth + 1)


def opened(tree: Sequence[Node], lines: int, pointed: int | None) -> frozenset[str]:
    """Names of the groups that are open while nobody has said otherwise.

    As far as `lines` go: first those around the row `pointed`, then from the outside in, sisters
    together. Where half of the lines would stay empty, more than there is room for.
    """
    found: set[str] = set()
    used = len(tree)

    def open_all(groups: Sequence[Group]) -> bool:
        nonlocal used
        wanted = used + sum(len(group.members) for group in groups)
        if wanted > lines and 2 * used >= lines:
            return False
        used = wanted
        found.update(group.name for group in groups)
        return True

    if pointed is not None:
        for group in around(tree, pointed):
            if not open_all([group]):
                break
    families = [[node] for node in sorted(_groups(tree), key=lambda group: len(group.members))]
    while families:
        sisters = families.pop(0)
        closed = [group for group in sisters if group.name not in found]
        if not closed or open_all(closed):
            families += [inner for group in sisters if (inner := _groups(group.members))]
    return frozenset(found)


def _groups(nodes: Sequence[Node]) -> list[Group]:
    return [node for node in nodes if isinstance(node, Group)]
