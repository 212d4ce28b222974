"""How the optimizer steps one layer: its settings, and what a step comes to."""

from collections.abc import Collection, Iterator
from math import isfinite, isnan, nan
from typing import NamedTuple

import numpy as np

from gradtui.app.render.history import parameters_of
from gradtui.app.render.layer_norms import joined
from gradtui.app.render.line import Line
from gradtui.app.render.number import count, reading
from gradtui.app.render.text import safe, wrap
from gradtui.app.view import View
from gradtui.core.event import OptimizerGroup
from gradtui.core.facts import Facts
from gradtui.core.layout import Layout
from gradtui.core.snapshot import Grad, State, Weight

DECOUPLED = ("adamw",)
"""Optimizers that shrink weights beside the step, by lr times weight decay."""


class Stepped(NamedTuple):
    """Tensors that are stepped alike: by what, their learning rate in words and as it is now (NaN: not
    recorded), and further numbers."""

    head: str
    rate: str
    lr: float
    settings: dict[str, float]


def optimizer_lines(view: View, row: int, width: int) -> Iterator[Line]:
    """The optimizer with its numbers, those of the row's own group of parameters, and how far it moves the
    row's values in a step."""
    facts, info = view.facts, view.info
    if facts is None or info is None or info.logged is not None or not len(facts):
        return
    mine = [i for i in parameters_of(facts.layout, row) if facts.layout.tensors[i].role != "hidden"]
    if not mine or not info.optimizer:
        return
    index, lr = _stepped_by(facts, mine)
    held = _held(facts.layout, info.groups, mine)
    first = dict(info.settings) if not index else {}
    yield ((" optimizer", "title"), (_which(held, first), "quiet"))
    kinds = list(dict.fromkeys(group.name for group in held))
    # A scenario's name says how it began.
    name = ", ".join(kinds) if kinds else info.optimizer.partition(" lr ")[0]
    head = safe(name)
    if int(facts.optimizer.max()) > 0:
        head = f"optimizer {index + 1} of {int(facts.optimizer.max()) + 1} ({head})"
    rates = {group: _recorded_rate(facts, info.groups, group) for group in held}
    stepped = [
        _stepped(group, info.groups, lr, rates[group], roles) for group, roles in held.items()
    ]
    if len(stepped) > 1:
        yield from _indented(head, "", width)
    else:
        one = stepped[0] if stepped else Stepped("", _rate(lr), lr, first)
        stepped = [one._replace(head=head)]
    for one in stepped:
        rate = [one.rate] if one.rate else []
        yield from _indented(" · ".join([one.head, *rate, *_settings(one.settings)]), "", width)
    own = stepped[0].lr if len({one.lr for one in stepped}) == 1 else nan
    for line in _moves(facts, mine, own, name):
        yield from _indented(line, "quiet", width)
    weak = stepped[0].settings.get("weight_decay", 0.0)
    if len(stepped) == 1 and name.lower() in DECOUPLED and weak > 0 and isfinite(own):
        words = f"weight decay takes {reading(own * weak)} of each value in a step"
        yield from _indented(f"{words}, with these numbers", "quiet", width)


def _held(
    layout: Layout, groups: tuple[OptimizerGroup, ...], tensors: list[int]
) -> dict[OptimizerGroup, list[str]]:
    """The groups that the tensors lie in, and the last words of the names of those in each."""
    out: dict[OptimizerGroup, list[str]] = {}
    for info in (layout.tensors[i] for i in tensors):
        if info.group is not None and info.group < len(groups):
            out.setdefault(groups[info.group], []).append(info.name.rpartition(".")[2])
    return out


def _which(held: Collection[OptimizerGroup], first: dict[str, float]) -> str:
    if not held:
        return "  as of its first group of parameters" if first else ""
    if len(held) > 1:
        return f"  tensors of this layer lie in {len(held)} groups of parameters"
    (group,) = held
    return f"  group {group.place + 1} of {group.count}" if group.count > 1 else ""


def _recorded_rate(
    facts: Facts, groups: tuple[OptimizerGroup, ...], group: OptimizerGroup
) -> tuple[int, float]:
    """The newest step at which the learning rate of the group was looked at, and what it was; -1 and NaN
    where it never was."""
    mine = [i for i, t in enumerate(facts.layout.tensors) if t.group == groups.index(group)]
    for step in sorted(facts.states, reverse=True):
        known = facts.states[step][mine, State.LR]
        known = known[~np.isnan(known)]
        if len(known):
            return step, float(known[0])
    return -1, nan


def _stepped(
    group: OptimizerGroup,
    groups: tuple[OptimizerGroup, ...],
    lr: float,
    recorded: tuple[int, float],
    names: list[str],
) -> Stepped:
    """`lr` is that of the first group of its optimizer, the only one's that is recorded at each step;
    `recorded` is the step at which its own was looked at, and what it was."""
    head = f"group {group.place + 1} of {group.count}, {safe(', '.join(names))}"
    firsts = [one.lr for one in groups if one.optimizer == group.optimizer and not one.place]
    alike = not group.place or (group.lr is not None and firsts == [group.lr])
    rate = _rate(lr)
    if group.place and recorded[0] >= 0:
        lr, rate = recorded[1], f"{_rate(recorded[1])} at step {count(recorded[0])}"
    elif not alike:
        lr, rate = nan, "" if group.lr is None else f"{_rate(group.lr)} at first"
    return Stepped(head, rate, lr, dict(group.settings))


def _rate(lr: float) -> str:
    return "" if isnan(lr) else f"lr {reading(lr)}"


def _indented(text: str, meaning: str, width: int) -> Iterator[Line]:
    for line in wrap(text, width - 4):
        yield ((f"   {line}", meaning),)


def _settings(given: dict[str, float]) -> Iterator[str]:
    """ "betas 0.9, 0.999", "eps 1e-08", ..."""
    betas = [given[name] for name in ("beta1", "beta2") if name in given]
    if betas:
        yield f"betas {', '.join(f'{beta:g}' for beta in betas)}"
    for name, value in given.items():
        if name not in ("beta1", "beta2"):
            yield f"{safe(name).replace('_', ' ')} {value:g}"


def _stepped_by(facts: Facts, tensors: list[int]) -> tuple[int, float]:
    """The optimizer that has last stepped these with a gradient, and its learning rate then."""
    if not (facts.optimizer != facts.optimizer[-1]).any():
        return int(facts.optimizer[-1]), float(facts.lr[-1])
    seen = ~np.isnan(facts.grads[:, tensors, Grad.NONFINITE]).all(axis=1)
    at = int(np.flatnonzero(seen)[-1]) if seen.any() else len(facts) - 1
    return int(facts.optimizer[at]), float(facts.lr[at])


def _moves(facts: Facts, tensors: list[int], lr: float, name: str) -> Iterator[str]:
    """The newest update that was measured: how far a value goes, and against its gradient."""
    updates = joined(facts.weights[:, tensors, Weight.UPDATE])
    known = np.flatnonzero(np.isfinite(updates))
    values = float(facts.layout.numel[tensors].sum())
    if not len(known) or not values:
        return
    at = int(known[-1])
    update, gradient = (
        float(updates[at]),
        float(joined(facts.grads[at : at + 1, tensors, Grad.NORM])[0]),
    )
    each, step = update / np.sqrt(values), count(int(facts.steps[at]))
    plain = name.lower().startswith(
        "sgd"
    )  # whose update is lr times the gradient, without momentum
    yield f"a step moves each value by {reading(each)}{_of(each, nan if plain else lr)} (rms, at step {step})"
    if gradient > 0 and isfinite(gradient):
        ratio = update / gradient
        yield f"effective step: update / gradient {reading(ratio)}{_of(ratio, lr if plain else nan)}"


def _of(value: float, lr: float) -> str:
    return f", {reading(value / lr)} of that lr" if lr > 0 and isfinite(lr) else ""
