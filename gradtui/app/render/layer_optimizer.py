"""How the optimizer steps one layer: its settings, and what a step comes to."""

from collections.abc import Iterator
from math import isfinite, isnan, nan

import numpy as np

from gradtui.app.render.history import parameters_of
from gradtui.app.render.layer_numbers import joined
from gradtui.app.render.line import Line
from gradtui.app.render.number import count, reading
from gradtui.app.render.text import safe, wrap
from gradtui.app.view import View
from gradtui.core.facts import Facts
from gradtui.core.snapshot import Grad, Weight

DECOUPLED = ("adamw",)
"""Optimizers that shrink weights beside the step, by lr times weight decay."""


def optimizer_lines(view: View, row: int, width: int) -> Iterator[Line]:
    """The optimizer with its numbers, and how far it moves the row's values in a step."""
    facts, info = view.facts, view.info
    if facts is None or info is None or info.logged is not None or not len(facts):
        return
    mine = [i for i in parameters_of(facts.layout, row) if facts.layout.tensors[i].role != "hidden"]
    if not mine or not info.optimizer:
        return
    index, lr = _stepped_by(facts, mine)
    settings = dict(info.settings) if not index else {}
    told = "  as of its first group of parameters" if settings else ""
    yield ((" optimizer", "title"), (told, "quiet"))
    name = info.optimizer.partition(" lr ")[0]  # a scenario's says how it began
    words = [safe(name)]
    if int(facts.optimizer.max()) > 0:
        words = [f"optimizer {index + 1} of {int(facts.optimizer.max()) + 1} ({words[0]})"]
    if not isnan(lr):
        words.append(f"lr {reading(lr)}")
    words += _settings(settings)
    for line in wrap(" · ".join(words), width - 4):
        yield ((f"   {line}", ""),)
    for line in _moves(facts, mine, lr, name):
        for part in wrap(line, width - 4):
            yield ((f"   {part}", "quiet"),)
    weak = settings.get("weight_decay", 0.0)
    if name.lower() in DECOUPLED and weak > 0 and isfinite(lr):
        text = (
            f"weight decay takes {reading(lr * weak)} of each value in a step, with these numbers"
        )
        yield from (((f"   {part}", "quiet"),) for part in wrap(text, width - 4))


def _settings(given: dict[str, float]) -> Iterator[str]:
    """ "betas 0.9, 0.999", "eps 1e-08", ...: those of the first group are what is recorded."""
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
