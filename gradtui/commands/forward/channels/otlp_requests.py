"""Steps as requests: in parts, and each at a millisecond of its own, as Prometheus keeps no finer times."""

from collections.abc import Sequence
from dataclasses import replace

from gradtui.commands.forward.records import StepValues

NANO = 1_000_000_000
MILLION = 1_000_000
FURTHEST = 1000
"""Milliseconds by which a step may be moved: a training that was held catches up as fast as it can."""


class Milliseconds:
    """Moves each step that is not later than the one before by a millisecond behind that. Where they come
    faster than one a millisecond for longer, two are made one, with the later of two values of a series."""

    def __init__(self) -> None:
        self.last: dict[tuple[str, ...], int] = {}
        """The newest millisecond of each kind of steps."""

    def apart(self, steps: Sequence[StepValues]) -> tuple[list[StepValues], int]:
        """Steps in the order of time; and how many points went."""
        made: list[StepValues] = []
        newest: dict[tuple[str, ...], int] = {}
        for one in steps:
            at, free = newest.get(one.kind), self.last.get(one.kind, -1) + 1
            late = free - millisecond(one)
            if late > FURTHEST and at is not None and late <= 2 * FURTHEST:
                made[at] = joined(made[at], one)
                continue
            newest[one.kind] = len(made)
            made.append(moved(one, free) if 0 < late <= 2 * FURTHEST else one)
            self.last[one.kind] = millisecond(made[-1])
        return made, sum(one.points for one in steps) - sum(one.points for one in made)


def millisecond(one: StepValues) -> int:
    """Of its time, as it is read out of nanoseconds."""
    return int(one.time * NANO) // MILLION


def moved(one: StepValues, to: int) -> StepValues:
    """To the middle of a millisecond, where no rounding leads to the one before."""
    return replace(one, time=(to + 0.5) / 1000)


def joined(one: StepValues, later: StepValues) -> StepValues:
    """Both at the time of the first."""
    names = {*one.layers, *later.layers}
    layers = {n: {**one.layers.get(n, {}), **later.layers.get(n, {})} for n in names}
    ranks, logged = {**one.ranks, **later.ranks}, {**one.logged, **later.logged}
    values = {**one.values, **later.values}
    return StepValues(later.step, one.time, values, layers, ranks, logged)


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
