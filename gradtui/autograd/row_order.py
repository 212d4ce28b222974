"""A layout put in the order in which the net computes, with what the graph tells of its rows."""

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace

from torch import Tensor

from gradtui.autograd.topology import Topology, Used, bits_of
from gradtui.core.layout import BEFORE_NORM, Layout
from gradtui.core.module_lists import module_lists

UNSEEN = "the graph of the loss was not seen"
PARTLY = "not all layers are in the graph of the loss"
AGAIN = "the net is not the same in each pass"
OWN = "some layers are not of torch's own kinds"


@dataclass(frozen=True, slots=True)
class Arranged:
    """`places`: of each tensor of the layout that was given, the place in the new one. `not_plain`
    and `residual` as in `RunInfo`."""

    layout: Layout
    places: tuple[int, ...]
    not_plain: str = UNSEEN
    residual: bool = False
    side_by_side: tuple[str, ...] = ()
    """Lists of modules that are alike, none of which is used behind another one, by where they are."""


def arranged(
    layout: Layout,
    tensors: Sequence[Tensor],
    standard: Set[int],
    wirings: Sequence[Topology],
) -> Arranged:
    """Rows that a path in a graph leads through come in its order, all others stay where they are.
    `standard`: rows of torch's own Linear and Conv2d."""
    order = list(range(len(layout.rows)))
    found = [_known(wiring, tensors) for wiring in wirings]
    for known in found:
        order = _sorted(order, _first_uses(layout, known), known)
    rows, infos = {row: at for at, row in enumerate(order)}, list(layout.tensors)
    names = [row.activation for row in layout.rows]
    turns = [row.turns for row in layout.rows]
    for known in reversed(found):
        for at, (_, used) in sorted(known.items(), reverse=True):
            row = infos[at].row
            zero = BEFORE_NORM if used.idle and infos[at].role == "bias" else ""
            infos[at] = replace(infos[at], structural_zero=zero)
            if infos[at].role == "weight":
                names[row] = used.activation or names[row]
                turns[row] = max(turns[row], used.turns)
    why = _why(layout, order, standard, wirings, found)
    if not why:
        for row, word in zip(order, wirings[0].activations, strict=True):
            names[row] = word
    places = sorted(range(len(infos)), key=lambda at: rows[infos[at].row])
    moved = tuple(replace(infos[at], row=rows[infos[at].row]) for at in places)
    lines = tuple(
        replace(layout.rows[row], activation=names[row], turns=turns[row]) for row in order
    )
    back = {at: place for place, at in enumerate(places)}
    skips = any(wiring.skips for wiring in wirings)
    beside = _side_by_side(layout, found)
    return Arranged(
        Layout(moved, lines), tuple(back[at] for at in range(len(infos))), why, skips, beside
    )


Known = dict[int, tuple[int, Used]]
"""Tensor of a layout -> its bit in a wiring, and its use."""


def _side_by_side(layout: Layout, found: Sequence[Known]) -> tuple[str, ...]:
    lists = module_lists(layout).items()
    out = []
    for known in found:
        for (place, name), modules in lists:
            first = [next((known[at] for at in mine if at in known), None) for mine in modules]
            uses = [one for one in first if one is not None]
            bits = sum(1 << bit for bit, _ in uses)
            if len(uses) == len(modules) and not any(used.before & bits for _, used in uses):
                out.append(f"{place}{name}")
    return tuple(dict.fromkeys(out))


def _known(wiring: Topology, tensors: Sequence[Tensor]) -> Known:
    places = {id(tensor): at for at, tensor in enumerate(tensors)}
    out: Known = {}
    for bit, used in enumerate(wiring.leaves):
        leaf = None if used is None else used.tensor()
        at = places.get(id(leaf), -1)
        if used is not None and leaf is not None and at >= 0 and tensors[at] is leaf:
            out[at] = bit, used
    return out


def _first_uses(layout: Layout, known: Known) -> dict[int, tuple[int, Used]]:
    """Row -> the use of that of its tensors which is used first. A state that is zero at first does
    not count: where the first weight has something before it, so has the one that is chosen."""
    rows: dict[int, list[tuple[int, Used]]] = {}
    for at, one in sorted(known.items()):
        rows.setdefault(layout.tensors[at].row, []).append(one)
    out = {}
    for row, uses in rows.items():
        behind = [one for one in uses if one[1].before] if uses[0][1].before else uses
        out[row] = min(behind, key=lambda one: one[1].level)
    return out


def _sorted(order: list[int], first: dict[int, tuple[int, Used]], known: Known) -> list[int]:
    """Each row behind those that come before it, which are moved up no further than need be."""
    owners = {bit: row for row, (bit, _) in first.items()}
    left = sum(1 << bit for bit in owners)
    """The rows that have no place yet, as bits; those on the way there as well."""
    at = {row: place for place, row in enumerate(order)}
    out: list[int] = []
    for row in order:
        if row not in first:
            out.append(row)
            continue
        if not left >> first[row][0] & 1:
            continue
        left &= ~(1 << first[row][0])
        waiting = [row]
        while waiting:
            ahead = first[waiting[-1]][1].before & left
            if not ahead:
                out.append(waiting.pop())
                continue
            nearest = min((owners[bit] for bit in bits_of(ahead)), key=lambda one: at[one])
            left &= ~(1 << first[nearest][0])
            waiting.append(nearest)
    return out


def _why(
    layout: Layout,
    order: list[int],
    standard: Set[int],
    wirings: Sequence[Topology],
    found: Sequence[Known],
) -> str:
    """What keeps the net from being a plain stack whose layers are the rows; "" where it is one."""
    if not wirings:
        return UNSEEN
    mine: dict[int, list[int]] = {}
    for at, tensor in enumerate(layout.tensors):
        mine.setdefault(tensor.row, []).append(at)
    for wiring, known in zip(wirings, found, strict=True):
        if wiring.why:
            return wiring.why
        owners = {bit: at for at, (bit, _) in known.items()}
        layers = [sorted(owners.get(bit, -1) for bit in layer) for layer in wiring.chain]
        if layers != [mine.get(row, []) for row in order]:
            return PARTLY
        if wiring.activations != wirings[0].activations:
            return AGAIN
    if not standard >= set(order):
        return OWN
    return ""
