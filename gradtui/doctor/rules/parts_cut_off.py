"""The first layers of a net, cut off from its loss: no gradient reaches them, and all behind them
get theirs."""

import numpy as np

from gradtui.core import wiring as W
from gradtui.core.layout import BoolArray, IntArray
from gradtui.core.snapshot import Act, Grad, Weight
from gradtui.core.symptom import Severity
from gradtui.doctor import thresholds as T
from gradtui.doctor.finding import Finding
from gradtui.doctor.reading import Reading
from gradtui.doctor.remedies import choices
from gradtui.doctor.rules.miswired import SYMPTOM
from gradtui.doctor.rules.not_learning import no_better
from gradtui.doctor.words import layer_range, norm

NAMED = 3
"""Layers that are named."""
NEVER_REACHED = (
    "what the optimizer is to train there no gradient reaches: the way back is cut (detach(), no_grad(), an "
    "index without a slope), or no loss uses it"
)


def cut_off(reading: Reading) -> Finding | None:
    """Parameters that an optimizer is to train, in all layers up to some place, have had no gradient at
    any step, or one of exactly 0 to the last bias.

    What has none may be meant to have none (features of a pretrained part): it counts while little is
    learned. An exact 0 in layers that answer is no intention.
    """
    if reading.critic or reading.blind or reading.half or reading.seen < T.MISWIRED_STEPS:
        return None
    if reading.part < 1 or reading.converged:
        return None  # others may train them
    rows = _matrices(reading)
    none, zero = _without(reading, rows), _exactly_zero(reading, rows)
    for kind, idle in (("none", none), ("zero", zero)):
        count = int(np.argmin(idle)) if not idle.all() else 0
        if not count or (none | zero)[count:].any():
            continue
        if kind == "none" and not much_is_left(reading):
            continue
        if kind == "zero" and not _answers(reading, rows, count):
            continue
        if kind == "zero" and W.OVER_ONE in dict(reading.facts.info.wiring):
            continue  # attention to a single thing, which may be all that there is
        idle_rows = rows[:count]
        if kind == "zero" and (zeros := _zeros(reading, idle_rows)).sum() >= 2:
            return _born_zero(reading, idle_rows[zeros])
        return _finding(reading, rows, count, kind)
    return _without_effect(reading, rows, zero)


def never_reached(reading: Reading) -> Finding | None:
    """Nothing has been learned, nothing else is found, and all tensors of some layer that is to be trained
    have had no gradient at any step."""
    if reading.half or reading.part < 1:
        return None
    why = no_better(reading)
    rows = (
        np.unique(reading.facts.layout.row_of[trained(reading)]) if why else np.zeros(0, np.int64)
    )
    if not len(rows):
        return None
    idle = _without(reading, rows)
    if not idle.any() or idle.all():
        return None
    names = reading.names(rows[idle])
    return Finding(
        SYMPTOM,
        Severity.WARNING,
        int(reading.facts.steps[0]),
        f"{_some(names)}: no gradient at any of {len(reading.used)} measured steps; after {reading.seen:,} "
        f"steps the loss is {reading.level:.3g}, at first {reading.begun:.3g}",
        NEVER_REACHED,
        choices.NEVER_REACHED,
        tuple(int(r) for r in rows[idle]),
        names,
    )


def _without_effect(reading: Reading, rows: IntArray, zero: BoolArray) -> Finding | None:
    """Layers among others that have had a gradient of exactly 0 at each step, and are not known to be dead,
    in a run that has learned little: whatever they give, the loss is the same."""
    dead = np.nan_to_num(reading.dead[rows]) >= T.DEAD_SHARE
    pinned = np.nan_to_num(reading.share(Act.SATURATED)[rows]) >= T.SATURATED_SHARE
    names = [reading.facts.layout.rows[row].name.rpartition(".")[0] for row in rows.tolist()]
    # A part that is not used at all, and multiplied by zero so that it has a gradient, is no news.
    used = {name for name, none in zip(names, zero.tolist(), strict=True) if not none}
    beside = np.array([name in used for name in names], np.bool_)
    idle = rows[zero & ~dead & ~pinned & beside]
    if not len(idle) or zero.all() or not much_is_left(reading):
        return None
    if reading.progress and W.OVER_ONE in dict(reading.facts.info.wiring):
        return None
    told = reading.names(idle)
    which = _some(told)
    others = reading.typical(reading.rows, reading.now)
    return Finding(
        SYMPTOM,
        Severity.WARNING,
        int(reading.facts.steps[0]),
        f"{which}: a gradient of exactly 0 at each of {len(reading.used)} measured steps, others up to "
        f"{norm(float(np.nanmax(others)))}; the loss is "
        f"{norm(reading.loss)} (first {norm(reading.start_loss)})",
        "whatever these layers give, the loss is the same: a softmax or a norm behind them is taken over a "
        "dim of one value, or their result is multiplied by zero or not used",
        choices.WITHOUT_EFFECT,
        tuple(int(r) for r in idle),
        told,
    )


def _some(names: tuple[str, ...]) -> str:
    return f"{', '.join(names[:NAMED])}{' and more' if len(names) > NAMED else ''}"


def _zeros(reading: Reading, rows: IntArray) -> BoolArray:
    """[len(rows)] whether all weights of a row are exactly zero, as far as they were measured."""
    facts = reading.facts
    sizes = facts.weights[facts.weights_at][..., Weight.NORM]
    nothing = (np.nan_to_num(sizes) == 0).all(axis=0) & np.isfinite(sizes).any(axis=0)
    return _whole(reading, rows, nothing)


def _born_zero(reading: Reading, rows: IntArray) -> Finding:
    names = reading.names(rows)
    return Finding(
        "vanishing_gradient",
        Severity.WARNING,
        int(reading.facts.steps[0]),
        f"all weights of {_some(names)} are exactly 0, and so is their gradient at each of "
        f"{len(reading.used)} measured steps; the loss is {norm(reading.loss)} (first "
        f"{norm(reading.start_loss)})",
        "they were initialised to zeros and are multiplied by one another: the gradient of each is made of "
        "what the other gives, so that none of them ever moves; one of them has to begin at random values",
        choices.ZERO_WEIGHTS,
        tuple(int(r) for r in rows),
        names,
    )


def _matrices(reading: Reading) -> IntArray:
    """Rows with weight matrices that are to be trained, input side first."""
    layout = reading.facts.layout
    flat = {
        t.row
        for t in layout.tensors
        if t.role == "weight" and len(t.shape) >= 2 and t.requires_grad is not False
    }
    return np.array([r for r in layout.weight_rows.tolist() if r in flat], np.int64)


def trained(reading: Reading) -> BoolArray:
    """[tensors] whether they are known to be trained."""
    layout = reading.facts.layout
    wanted = np.array([t.requires_grad is True for t in layout.tensors], np.bool_)
    return np.asarray(layout.parameters & wanted)


def _whole(reading: Reading, rows: IntArray, so: BoolArray) -> BoolArray:
    """[len(rows)] whether all tensors of a row that are trained are `so`, and there are some."""
    layout = reading.facts.layout
    mine = trained(reading)
    of, count = layout.row_of[mine], len(layout.rows)
    all_of = np.bincount(of, minlength=count)
    some_of = np.bincount(of, weights=so[mine], minlength=count)
    return np.asarray((all_of[rows] > 0) & (some_of[rows] == all_of[rows]))


def without_gradient(reading: Reading) -> BoolArray:
    """[tensors] whether it is known, has had no gradient at all and never moved, by steps or otherwise."""
    facts = reading.facts
    absent = np.isnan(facts.grads[..., Grad.NONFINITE]).all(axis=0)
    measured = facts.weights[facts.weights_at]
    still = np.isfinite(measured[..., Weight.NORM]).any(axis=0)
    still &= (np.nan_to_num(measured[..., Weight.UPDATE]) == 0).all(axis=0)
    sizes = np.nan_to_num(measured[..., Weight.NORM])
    return np.asarray(absent & still & (sizes == sizes[:1]).all(axis=0))


def _without(reading: Reading, rows: IntArray) -> BoolArray:
    """[len(rows)] whether that is so of its tensors."""
    return _whole(reading, rows, without_gradient(reading))


def _exactly_zero(reading: Reading, rows: IntArray) -> BoolArray:
    """[len(rows)] whether its tensors have had a gradient of exactly 0 at each step."""
    return _whole(reading, rows, zero_gradient(reading))


def zero_gradient(reading: Reading) -> BoolArray:
    """[tensors] whether it has had a gradient of exactly 0 at each step."""
    facts = reading.facts
    present = ~np.isnan(facts.grads[..., Grad.NONFINITE])
    return np.asarray(
        present.any(axis=0) & ~((facts.grads[..., Grad.NORM] != 0) & present).any(axis=0)
    )


def much_is_left(reading: Reading) -> bool:
    """Whether, after enough steps, the loss is still above CUT_OFF_LEARNED of guessing, or of the start."""
    if reading.seen < T.CUT_OFF_STEPS or reading.signed:
        return False
    return reading.loss > T.CUT_OFF_LEARNED * reading.reference_loss


def _answers(reading: Reading, rows: IntArray, count: int) -> bool:
    """Whether the layer behind the cut gets an input that is not zero, and the last one before it is
    not known to be dead or pinned, which would be why."""
    last = int(rows[count - 1])
    if (
        reading.dead[last] >= T.DEAD_SHARE
        or reading.share(Act.SATURATED)[last] >= T.SATURATED_SHARE
    ):
        return False
    place = np.flatnonzero(reading.rows == rows[count])
    return len(place) > 0 and not reading.zero_fraction[int(place[0])] > T.PASSED_ON


def _finding(reading: Reading, rows: IntArray, count: int, kind: str) -> Finding:
    layout = reading.facts.layout
    cut, kept = reading.names(rows[:count]), reading.names(rows[count:])
    tensors = int(np.isin(layout.row_of[trained(reading)], rows[:count]).sum())
    norms = reading.typical(rows[count:], reading.now)
    none = kind == "none"
    return Finding(
        SYMPTOM,
        Severity.WARNING,
        int(reading.facts.steps[0]),
        f"{tensors} of {len(layout.tensors)} tensors, those of {layer_range(cut)}, have had "
        + ("no gradient at any" if none else "a gradient of exactly 0 at each")
        + f" of {reading.seen:,} steps, and {kept[0]} behind them has {norm(float(norms[0]))}; the "
        f"loss is {norm(reading.loss)} (first {norm(reading.start_loss)})",
        f"no gradient ever reaches {layer_range(cut)}: between {cut[-1]} and {kept[0]} the way back is cut, "
        + (
            "by detach(), no_grad(), .data or numpy, or by a reentrant checkpoint whose input "
            "requires no gradient"
            if none
            else "by an operation whose slope is 0 everywhere, such as round(), sign(), floor() or a "
            "comparison"
        ),
        choices.CUT_OFF if none else choices.CUT_BY_STEPS,
        tuple(int(r) for r in rows[:count]),
        cut,
    )
