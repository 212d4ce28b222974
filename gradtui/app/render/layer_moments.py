"""What its optimizer keeps of one layer, over the steps at which that was looked at."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from gradtui.app.render.history import parameters_of
from gradtui.app.render.layer_norms import joined
from gradtui.core.event import RunInfo
from gradtui.core.facts import Facts
from gradtui.core.layout import BoolArray, FloatArray, IntArray
from gradtui.core.snapshot import State


class StateQuantity(NamedTuple):
    """[n] steps, values, and whether each was taken: a NaN must not pass for a gap."""

    label: str
    steps: IntArray
    values: FloatArray
    taken: BoolArray


def state_quantities(facts: Facts, info: RunInfo | None, row: int) -> Iterator[StateQuantity]:
    """The learning rate of a row's own group, where there are several and its tensors have one; where they
    were recorded Adam's moments of its gradient, and the step that they make in learning rates. Of tensors
    without moments nothing is in it. Moments are as they are kept, small in the first steps; in the step that
    is made up for, as Adam does."""
    mine = [i for i in parameters_of(facts.layout, row) if facts.layout.tensors[i].role != "hidden"]
    steps, table = _table(facts.states, mine)
    rates = table[..., State.LR]
    if info is not None and any(one.count > 1 for one in info.groups) and len(mine):
        alike = (rates == rates[:, :1]).all(axis=1)
        yield StateQuantity("learning rate", steps, rates[:, 0], alike)
    kept = ~np.isnan(table[..., State.NONFINITE])
    held = np.asarray(kept.any(axis=0))
    if held.any():
        whole = kept[:, held].all(axis=1)
        steps, table = steps[whole], table[whole][:, held]
        broken = (table[..., State.NONFINITE] > 0).any(axis=1)
        root = np.sqrt(max(float(facts.layout.numel[mine][held].sum()), 1.0))
        first, second = joined(table[..., State.FIRST]), joined(table[..., State.SECOND]) / root
        settings = _settings(facts, info, [mine[at] for at in np.flatnonzero(held).tolist()])
        taken = table[..., State.STEPS].max(axis=1)
        one, other = (_share(settings.get(name, 0.0), taken) for name in ("beta1", "beta2"))
        with np.errstate(divide="ignore", invalid="ignore"):
            step = first / one / root / (second / np.sqrt(other) + settings.get("eps", 0.0))
        for label, values in (
            ("first moment", first),
            ("second moment, root", second),
            ("m / sqrt v, in lr", step),
        ):
            yield StateQuantity(label, steps, values, ~np.isnan(values) | broken)


def _table(states: Mapping[int, FloatArray], tensors: list[int]) -> tuple[IntArray, FloatArray]:
    """[n] steps in rising order, [n, tensors, State.COLUMNS]"""
    steps = np.array(sorted(states), np.int64)
    if not len(steps):
        return steps, np.empty((0, len(tensors), State.COLUMNS))
    return steps, np.stack([states[step][tensors] for step in steps.tolist()])


def _share(beta: float, steps: FloatArray) -> FloatArray:
    """[n] how much of a running mean there is after so many steps; 1 where that is not known."""
    found = 1.0 - np.power(beta, steps)
    return np.where((found > 0) & (found <= 1), found, 1.0)


def _settings(facts: Facts, info: RunInfo | None, tensors: list[int]) -> dict[str, float]:
    """Numbers of their group of parameters, as far as those of several agree."""
    if info is None:
        return {}
    places = {facts.layout.tensors[i].group for i in tensors}
    known = [info.groups[at].settings for at in places if at is not None and at < len(info.groups)]
    told = [set(one) for one in known] or [set(info.settings)]
    return dict(set.intersection(*told))
