"""The tensors of one layer, one by one."""

from collections.abc import Iterator

import numpy as np

from gradtui.app.render.history import latest_at, parameters_of
from gradtui.app.render.line import Line
from gradtui.app.render.number import number, share
from gradtui.app.render.text import fit, safe, wrap
from gradtui.app.view import View
from gradtui.core.layout import UNKNOWN_SHAPE, FloatArray, Layout, TensorInfo
from gradtui.core.snapshot import Grad, Weight


def tensor_lines(view: View, layout: Layout, row: int, width: int) -> Iterator[Line]:
    """Name, shape and role of each tensor of a row, its gradient now and its weight when it was last
    measured."""
    yield ((" tensors", "title"),)
    facts = view.facts if view.facts is not None and len(view.facts) else None
    for index in parameters_of(layout, row):
        tensor = layout.tensors[index]
        yield from _named(tensor, width)
        if facts is not None:
            at = latest_at(facts, facts.weights[:, [index], Weight.NORM])
            weight = facts.weights[at, index] if at is not None else None
            yield _numbers(tensor, facts.grads[-1, index], weight)
        for reason in _remarks(tensor):
            for line in wrap(reason, width - 6):
                yield (("     " + line, "quiet"),)


def _named(tensor: TensorInfo, width: int) -> Iterator[Line]:
    shape = " x ".join(str(n) for n in tensor.shape) or "scalar"
    if tensor.shape == UNKNOWN_SHAPE:
        shape = "size not logged"
    tail = f"  {shape}  {safe(tensor.role)}"
    yield ("   " + fit(safe(tensor.name), max(width - 4 - len(tail), 6)), "strong"), (tail, "quiet")


def _numbers(tensor: TensorInfo, now: FloatArray, weight: FloatArray | None) -> Line:
    zeros = share(float(now[Grad.ZEROS]) / max(tensor.numel, 1))
    counted = not np.isnan(now[Grad.ZEROS])
    top, bad = float(now[Grad.ABS_MAX]), float(now[Grad.NONFINITE])
    most = "-" if np.isnan(top) and not bad > 0 else number(top)
    text = f"     |g| {number(float(now[Grad.NORM]))}  max {most}  zeros {zeros}"
    if weight is not None:
        text += f"  |w| {number(float(weight[Weight.NORM]))}"
    wrong = f"  {_count(bad) if counted else 'some'} not finite" if bad > 0 else ""
    return (text, ""), (wrong, "nonfinite")


def _remarks(tensor: TensorInfo) -> Iterator[str]:
    if tensor.also:
        yield f"also {safe(tensor.also)}"
    if tensor.placement == "shard":
        yield "a shard: this rank's part"
    if tensor.requires_grad is False:
        yield "not trained"
    if tensor.structural_zero:
        yield f"zero by construction: {tensor.structural_zero}"


def _count(elements: float) -> str:
    return number(elements) if elements > 1e6 else str(int(elements))
