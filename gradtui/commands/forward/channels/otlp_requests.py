"""Steps as requests: in parts, and each at a millisecond of its own, as Prometheus keeps no finer times."""

from collections.abc import Sequence
from dataclasses import replace

from gradtui.commands.forward.records import StepValues


def apart(steps: Sequence[StepValues]) -> tuple[list[StepValues], int]:
    """Steps in the order of time, those of one kind and one millisecond made one, with the later of two
    values of a series; and how many points went for it."""
    made: list[StepValues] = []
    newest: dict[tuple[str, ...], int] = {}
    for one in steps:
        at = newest.get(one.kind)
        if at is None or millisecond(made[at]) != millisecond(one):
            newest[one.kind] = len(made)
            made.append(one)
        else:
            made[at] = joined(made[at], one)
    return made, sum(one.points for one in steps) - sum(one.points for one in made)


def parts(steps: Sequence[StepValues], most: int) -> list[list[StepValues]]:
    """Steps in parts of at most `most` points, a single step's more where it has more."""
    out: list[list[StepValues]] = []
    points = most
    for one in steps:
        points += one.points
        if points > most or not out:
            out.append([])
            points = one.points
        out[-1].append(one)
    return out


def millisecond(one: StepValues) -> int:
    return int(one.time * 1000)


def joined(one: StepValues, later: StepValues) -> StepValues:
    names = {*one.layers, *later.layers}
    layers = {n: {**one.layers.get(n, {}), **later.layers.get(n, {})} for n in names}
    ranks, logged = {**one.ranks, **later.ranks}, {**one.logged, **later.logged}
    values = {**one.values, **later.values}
    return replace(later, values=values, layers=layers, ranks=ranks, logged=logged)
