"""Units that do not respond: dead ones and saturated ones."""

from dataclasses import replace

import numpy as np

from gradtui.core import wiring as W
from gradtui.core.layout import BoolArray
from gradtui.core.snapshot import Act, Grad, Weight
from gradtui.core.symptom import Severity
from gradtui.doctor import thresholds as T
from gradtui.doctor.finding import Finding
from gradtui.doctor.reading import Reading
from gradtui.doctor.remedies import choices
from gradtui.doctor.remedy import Remedy
from gradtui.doctor.robust_statistics import median
from gradtui.doctor.rules.far_from_floor import rests_far_up
from gradtui.doctor.rules.rounding import faded_forward
from gradtui.doctor.words import norm, percent

NO_RETURN = (
    "a unit that is negative for all inputs has no output and no gradient (ReLU, or far out GELU and "
    "SiLU), and so can never come back: large steps or low biases put it there"
)
KILLED = (
    "steps that were too long pushed the units to where they have no output and no gradient (ReLU, or "
    "far out GELU and SiLU): at first they answered, and from there they cannot come back"
)
ONE_OUTPUT = (
    "the outputs of all examples have collapsed to one, as steps that were too long left the units without "
    "an output: a loss of differences (triplets at their margin) has no gradient where nothing differs"
)
ZERO_WEIGHTS = (
    "these weights, or those that they feed, are exactly zero: nothing passes in either direction, and "
    "so nothing can move them"
)
DRIVEN = (
    "steps that were too long made the weights so large that the activation's slope is almost zero: "
    "at first the units answered"
)
PINNED = (
    "the inputs of the activation are so large that its slope is almost zero: units are pinned, "
    "whatever the gradient wants"
)
NEVER_ZERO = ("tanh", "sigmoid", "softplus", "elu", "celu", "leaky_relu", "sin", "identity")
"""Activations that answer to any input but 0: of these no unit dies."""
Why = tuple[str, tuple[Remedy, ...]]
"""The cause, and what to do about it."""
WHY: dict[str, tuple[Why, Why]] = {
    "dead_relu": ((KILLED, choices.KILLED), (NO_RETURN, choices.DEAD_RELU)),
    "saturated": ((DRIVEN, choices.DRIVEN), (PINNED, choices.SATURATED)),
}
"""Symptom -> where steps have done it, and where it was so from the start."""


def dead_relu(reading: Reading) -> Finding | None:
    """Layers nine tenths of whose units are zero for every input of several batches."""
    # Past a skip connection the signal lives on: there, dead units only matter if it does not help.
    patience = T.PATIENCE if reading.facts.info.residual else T.STILL_STEPS
    if reading.progress:
        return _dead_at_rest(reading)
    if reading.seen < patience:
        return None
    rectified = [r for r in reading.rows if rectifies(reading, int(r))]
    rows = tuple(int(r) for r in rectified if reading.dead[r] >= T.DEAD_SHARE)
    if not rows or len(reading.activations) < T.ACTIVATION_WINDOW:
        return None
    if faded_forward(reading):
        return None
    shares = reading.dead[list(rows)]
    if W.SAME_ANSWERS in dict(reading.facts.info.wiring) and not (shares == 1).any():
        return None  # every example is the same one, and of a sound layer half is silent for it
    by_steps = _by_steps(reading, rows, Act.DEAD, T.DEAD_SHARE)
    gone = int((shares == 1).sum())
    whole = f"; {gone} of them let nothing through at all" if gone else ""
    since = _since(reading, rows, Act.DEAD, T.DEAD_SHARE)
    evidence = (
        f"{len(rows)} of {len(rectified)} rectified layers have at least "
        f"{percent(float(shares.min()))} of their units at zero for every input{whole}"
    )
    return _of_one_output(reading, _found(reading, "dead_relu", since, evidence, rows, by_steps))


def _of_one_output(reading: Reading, found: Finding) -> Finding:
    """The same of a loss that sees nothing but differences between outputs, as that of triplets does: with
    the units these have become one, and not even the last bias has a gradient."""
    losses, norms = reading.losses[-T.CONSTANT_STEPS :], reading.total[reading.now]
    if len(losses) < T.CONSTANT_STEPS or not np.isfinite(losses).all() or (norms > 0).mean() > 0.5:
        return found
    level = median(losses)
    if not level > 0 or float(losses.max() - losses.min()) > T.CONSTANT * level:
        return found
    words = f"the loss is {norm(level)} at each of the last {len(losses)} steps, and every gradient is 0"
    return replace(
        found, symptom="plateau", evidence=f"{words}: {found.evidence}", cause=ONE_OUTPUT
    )


def _dead_at_rest(reading: Reading) -> Finding | None:
    """The same of a net that has learned what the few units that are left can learn: nearly all of whole
    layers have been dead for half of the run, and the loss has come to rest far up."""
    if reading.facts.info.residual or not rests_far_up(reading, T.DEAD_LEFT):
        return None
    looked = reading.facts.activations_at
    looked = looked[len(looked) // 2 :]
    rectified = [int(r) for r in reading.rows if rectifies(reading, int(r))]
    if len(looked) < T.ACTIVATION_WINDOW or not rectified or faded_forward(reading):
        return None
    shares = reading.facts.activations[looked][:, rectified, Act.DEAD]
    known = ~np.isnan(shares)
    least = np.where(known, shares, 1.0).min(axis=0)
    mostly = (known.sum(axis=0) >= T.ACTIVATION_WINDOW) & (least >= T.DEAD_SHARE)
    rows = tuple(row for row, dead in zip(rectified, mostly, strict=True) if dead)
    if not rows:
        return None
    by_steps = _by_steps(reading, rows, Act.DEAD, T.DEAD_SHARE)
    evidence = (
        f"{len(rows)} of {len(rectified)} rectified layers have at least "
        f"{percent(float(least[mostly].min()))} of their units at zero for every input; the loss "
        f"came down from {norm(reading.start_loss)} to {norm(reading.loss)}, and comes down no more"
    )
    since = _since(reading, rows, Act.DEAD, T.DEAD_SHARE)
    found = _found(reading, "dead_relu", since, evidence, rows, by_steps)
    return _of_one_output(reading, replace(found, severity=Severity.WARNING))


def dead_by_zeros(reading: Reading) -> Finding | None:
    """The same from gradients alone: layers that get exactly zero, and, where it was not seen which
    units answer, those whose units get none."""
    if reading.half or reading.converged or reading.game:
        return None
    if reading.silent and not faded_forward(reading) and not _solved(reading):
        rows = tuple(int(reading.rows[i]) for i in reading.silent)
        if _never_zero(reading, rows) and not _all_zero(reading, rows):
            return None
        if _flat_behind(reading, rows):
            return _pinned_at_the_end(reading)
        history = reading.facts.grads[:, :, Grad.NORM]
        judged = reading.facts.layout.judged
        mine = judged & np.isin(reading.facts.layout.row_of, rows)
        evidence = (
            f"the weights of {len(rows)} of {len(reading.rows)} layers, and of the one that they "
            "feed, get exactly zero: nothing passes"
        )
        since = reading.since(np.asarray((history[:, mine] == 0).all(axis=1)))
    else:
        if reading.units_seen or reading.progress or reading.seen < T.STILL_STEPS:
            return None
        quiet = reading.quiet_units >= T.DEAD_SHARE
        if not quiet.any() or not reading.passes_zeros[np.flatnonzero(quiet)[-1]]:
            return None
        rows = tuple(int(r) for r in reading.rows[quiet])
        evidence = (
            f"no gradient reaches at least {percent(float(reading.quiet_units[quiet].min()))} of "
            f"the units of {len(rows)} of {len(reading.rows)} layers, and the next layer gets "
            "nothing from them"
        )
        since = int(reading.facts.steps[reading.now[0]])
    found = _found(reading, "dead_relu", since, evidence, rows, _by_steps(reading, rows))
    if _all_zero(reading, rows):
        words = [row.activation for row in reading.facts.layout.rows]
        linear = all(word == "" for word in words)  # None: it is not known
        symptom = "vanishing_gradient" if linear else found.symptom
        return replace(found, symptom=symptom, cause=ZERO_WEIGHTS, remedies=choices.ZERO_WEIGHTS)
    return _of_one_output(reading, found)


def _flat_behind(reading: Reading, rows: tuple[int, ...]) -> bool:
    """Whether the last layer's bias gets exactly zero as well, which asks for no input: the slope ends behind
    it. A net whose units were seen to be dead has lost it there."""
    bias = reading.zero_biases
    dead = np.nan_to_num(reading.dead[list(rows)]) >= T.DEAD_SHARE
    return bool(bias[-1] == 1) and not dead.any() and not _all_zero(reading, rows)


def _pinned_at_the_end(reading: Reading) -> Finding:
    rows = tuple(int(r) for r in reading.rows)
    gone = (np.nan_to_num(reading.facts.grads[..., Grad.NORM]) == 0).all(axis=1)
    return Finding(
        "saturated",
        Severity.CRITICAL,
        reading.since(np.asarray(gone)),
        f"every gradient of {len(rows)} layers is exactly zero, that of the last bias too, and the loss is "
        f"{norm(reading.loss)} (first {norm(reading.start_loss)})",
        "what follows the last layer is flat where its outputs lie: the ends of a tanh, a sigmoid or a "
        "clamp, a softmax of scores that are far apart",
        choices.OUTPUTS_PINNED,
        (rows[-1],),
        reading.names([rows[-1]]),
    )


def _never_zero(reading: Reading, rows: tuple[int, ...]) -> bool:
    """Whether what follows each of these layers is known, and gives 0 to an input of 0 alone, or to none."""
    words = [reading.facts.layout.rows[row].activation for row in rows]
    return bool(words) and all(word in NEVER_ZERO for word in words)


def _all_zero(reading: Reading, rows: tuple[int, ...]) -> bool:
    """Whether the matrices of any of these rows, or of the next one, are zero to the last element."""
    at = reading.facts.weights_at
    if not len(at):
        return False
    layout = reading.facts.layout
    after = [int(r) for r in reading.rows if int(r) > max(rows)][:1]
    sizes = reading.facts.weights[at[-1], :, Weight.NORM]
    for row in (*rows, *after):
        mine = layout.judged & (layout.row_of == row)
        if mine.any() and (sizes[mine] == 0).all():
            return True
    return False


def _solved(reading: Reading) -> bool:
    """A loss of nothing at all leaves no gradient either."""
    return reading.loss <= T.CONVERGED_LOSS * min(reading.reference_loss, reading.start_loss)


LARGE_INPUTS = (
    "the inputs are so large that the first layer gives little but their signs: they are not scaled"
)


def saturated(reading: Reading) -> Finding | None:
    """Bounded activations pinned at their flat ends in a good part of the layers."""
    if reading.seen < T.STILL_STEPS:
        return None
    if reading.progress:
        return _pinned_by_inputs(reading)
    shares = reading.share(Act.SATURATED)
    bounded = [int(r) for r in reading.rows if not np.isnan(shares[r])]
    rows = tuple(r for r in bounded if shares[r] >= T.SATURATED_SHARE)
    if len(reading.activations) < T.ACTIVATION_WINDOW:
        return None
    if not rows or len(rows) < T.SATURATED_ROWS * len(bounded):
        return None
    since = _since(reading, rows, Act.SATURATED, T.SATURATED_SHARE)
    evidence = (
        f"{len(rows)} of {len(bounded)} layers have at least "
        f"{percent(float(shares[list(rows)].min()))} of their outputs on the flat ends, and no progress"
    )
    by_steps = _by_steps(reading, rows, Act.SATURATED, T.SATURATED_SHARE)
    found = _found(reading, "saturated", since, evidence, rows, by_steps)
    first = int(reading.rows[0])
    if first not in rows or not _pinned_share(reading, first):
        return found
    return replace(found, cause=LARGE_INPUTS, remedies=choices.PINNED_BY_INPUTS)


def _pinned_by_inputs(reading: Reading) -> Finding | None:
    """A first layer nearly all of whose units have been on the flat ends from the start, in a run whose loss
    has come to rest far from where it could be: what it came down by the layers behind have learned."""
    if not len(reading.rows) or not rests_far_up(reading, T.PINNED_LEFT):
        return None
    first = int(reading.rows[0])
    return pinned_by_inputs(reading, first, "and comes down no more")


def pinned_by_inputs(reading: Reading, first: int, more: str) -> Finding | None:
    """Of a net that begins with that row, where it has been pinned from the start; `more` of its loss."""
    share = _pinned_share(reading, first)
    if not share:
        return None
    return Finding(
        "saturated",
        Severity.WARNING,
        int(reading.facts.steps[0]),
        f"{reading.names([first])[0]}, the first layer, has had at least {percent(share)} of "
        f"its outputs on the flat ends from the start; the loss is {norm(reading.loss)} (first "
        f"{norm(reading.start_loss)}), {more}",
        LARGE_INPUTS,
        choices.PINNED_BY_INPUTS,
        (first,),
        reading.names([first]),
    )


def pinned_first_layers(reading: Reading) -> str:
    """A note on first layers of that kind where no loss can say whether they hold the run up, as of an actor
    and a critic; else ""."""
    if reading.half or reading.converged or not (reading.signed or reading.game):
        return ""
    shares = {row: _pinned_share(reading, row) for row in _without_layers_before(reading)}
    pinned = {row: share for row, share in shares.items() if share}
    if not pinned:
        return ""
    names, least = ", ".join(reading.names(list(pinned))), min(pinned.values())
    return (
        f"{names}: at least {percent(least)} of the outputs have been on the flat ends from the start; the "
        "inputs are so large that little but their signs is left"
    )


def _without_layers_before(reading: Reading) -> list[int]:
    """The first row of each net: of each first part of the names."""
    firsts: dict[str, int] = {}
    for row in reading.rows:
        firsts.setdefault(reading.facts.layout.rows[int(row)].name.split(".")[0], int(row))
    return sorted(firsts.values())


def _pinned_share(reading: Reading, row: int) -> float:
    """The least part of a layer's outputs that was on the flat ends whenever they were looked at; 0 where
    that is no more than usual, not known, or on purpose, as in codes of signs."""
    shares = reading.facts.activations[reading.facts.activations_at][:, row, Act.SATURATED]
    shares = shares[~np.isnan(shares)]  # of a pass that another net is trained by there are none
    if len(shares) < T.ACTIVATION_WINDOW or not (shares >= T.PINNED_SHARE).all():
        return 0.0
    return float(shares.min()) if _ordinary_weights(reading, row) else 0.0


def _ordinary_weights(reading: Reading, row: int) -> bool:
    """Whether the first weights of a layer keep the size of signals, or nearly."""
    layout, at = reading.facts.layout, reading.facts.weights_at
    mine = layout.judged & (layout.row_of == row)
    if not len(at) or not mine.any():
        return False
    k = int(np.flatnonzero(mine)[0])
    shape = layout.tensors[k].shape
    size = float(reading.facts.weights[at[0], k, Weight.NORM]) / np.sqrt(shape[0])
    return bool(size < T.ORDINARY_GAIN)


def saturated_by_zeros(reading: Reading) -> Finding | None:
    """The same from gradients alone: a slope of exactly zero, and an output that is not zero."""
    if reading.units_seen or reading.half or reading.progress or reading.critic:
        return None
    if reading.seen < T.STILL_STEPS:
        return None
    pinned = reading.quiet_units >= T.SATURATED_SHARE
    # Below the last such layer others only get what it lets through.
    if not pinned.any() or reading.passes_zeros[np.flatnonzero(pinned)[-1]]:
        return None
    pinned &= _may_be_pinned(reading)
    if not pinned.any():
        return None
    rows = tuple(int(r) for r in reading.rows[pinned])
    evidence = (
        f"no gradient reaches at least {percent(float(reading.quiet_units[pinned].min()))} of the "
        f"units of {len(rows)} of {len(reading.rows)} layers, and yet the next layer gets a signal "
        "from them"
    )
    since, by_steps = _pinned_since(reading, rows), _by_steps(reading, rows)
    return _found(reading, "saturated", since, evidence, rows, by_steps)


def _may_be_pinned(reading: Reading) -> BoolArray:
    """[len(rows)] layers with something behind them that has flat ends; all of them where the graph
    has told of no activation at all."""
    words = [reading.facts.layout.rows[int(row)].activation for row in reading.rows]
    if not any(words):
        return np.ones(len(words), np.bool_)
    return np.array([word not in ("", "identity") for word in words], np.bool_)


def _found(
    reading: Reading,
    symptom: str,
    since: int,
    evidence: str,
    rows: tuple[int, ...],
    by_steps: bool,
) -> Finding:
    cause, remedies = WHY[symptom][0 if by_steps else 1]
    names = reading.names(list(rows))
    return Finding(symptom, Severity.CRITICAL, since, evidence, cause, remedies, rows, names)


def _pinned_since(reading: Reading, rows: tuple[int, ...]) -> int:
    """The step from which so many biases of these rows have got exactly zero without a break."""
    layout = reading.facts.layout
    mine = np.isin(layout.row_of, rows) & np.array([t.role == "bias" for t in layout.tensors])
    shares = reading.facts.grads[:, mine, Grad.ZEROS] / layout.numel[mine]
    pinned = (np.isnan(shares) | (shares >= T.SATURATED_SHARE)).all(axis=1)
    return reading.since(np.asarray(pinned))


def _by_steps(
    reading: Reading, rows: tuple[int, ...], column: int | None = None, share: float = 0.0
) -> bool:
    """Whether these units answered at first, and steps that were a good part of the weights came
    since: by the first look at activations, or else by the first gradients."""
    if not reading.largest_ratio > T.MOVED or not len(reading.used):
        return False
    looked = reading.facts.activations_at[:1]
    if column is not None and len(looked):
        return bool((reading.facts.activations[looked[0], list(rows), column] < share).all())
    first = reading.used[0]
    layout = reading.facts.layout
    mine = layout.judged & np.isin(layout.row_of, rows)
    zeros = float(np.nansum(reading.facts.grads[first, mine, Grad.ZEROS]))
    return zeros < (1 - T.QUIET_START) * float(layout.numel[mine].sum())


def rectifies(reading: Reading, row: int) -> bool:
    return reading.facts.layout.rows[row].activation in ("relu", "relu6")


def _since(reading: Reading, rows: tuple[int, ...], column: int, share: float) -> int:
    """The step from which the first of these rows has been beyond `share` without a break."""
    at = reading.facts.activations_at
    beyond = reading.facts.activations[at][:, list(rows), column] >= share
    # The last False of each row, counted from the end; a row without any holds from the start.
    unbroken = np.where(beyond.all(axis=0), len(at), np.argmin(beyond[::-1], axis=0))
    first = len(at) - int(unbroken.max())
    return int(reading.facts.steps[at[min(first, len(at) - 1)]])
