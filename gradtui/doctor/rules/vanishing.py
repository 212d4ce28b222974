"""Gradients that fade: with depth, or everywhere at once."""

import re

import numpy as np

from gradtui.core.layout import BoolArray, FloatArray, IntArray
from gradtui.core.symptom import Severity
from gradtui.doctor import thresholds as T
from gradtui.doctor.finding import Finding
from gradtui.doctor.reading import Reading
from gradtui.doctor.remedies import choices
from gradtui.doctor.robust_statistics import median, middle, spread
from gradtui.doctor.rules.converged_layers import at_rest
from gradtui.doctor.rules.explosion_causes import fading_remedies
from gradtui.doctor.rules.rounding import faded_forward
from gradtui.doctor.rules.units import pinned_by_inputs
from gradtui.doctor.words import layer_range, norm, percent

SYMPTOM = "vanishing_gradient"
BESIDE = ("Norm", "Embedding", "NonDynamicallyQuantizableLinear")
"""Parts of the kinds of rows that are no layers of their own."""


def vanishing_with_depth(reading: Reading) -> Finding | None:
    """The first layers get next to nothing, the last ones do, and the loss does not move."""
    if len(reading.rows) < 3 or reading.seen < T.STILL_STEPS or reading.converged:
        return None
    for window in _windows(reading):
        norms = reading.typical(reading.rows, window)
        rms = norms / np.sqrt(reading.row_sizes)
        small = (rms < T.VANISHING_RATIO * np.max(rms)) & (norms < T.VANISHING_NORM)
        faint = _at_one_end(small)
        if not faint.any() or (not (norms[faint] > 0).any() and not faded_forward(reading)):
            continue  # cut off by units that do not respond, not faded
        if _waking(reading, faint):
            continue
        early = window is not reading.now
        if early and _died_of_it(reading, rms, norms, faint):
            return _with_depth(reading, norms, faint, early)
        if _hopeless(reading, rms, norms, faint):
            return _with_depth(reading, norms, faint, early)
        if not reading.progress and _patient(reading, window, faint):
            return _with_depth(reading, norms, faint, early)
    return None


def _windows(reading: Reading) -> list[IntArray]:
    """At first, and now. Where nothing is left of the first layers now, the very first steps as
    well: a signal that has faded to less than a bias leaves its units dead before long."""
    if (reading.row_norms == 0).any():
        return [reading.early[:5], reading.early, reading.now]
    return [reading.early, reading.now]


def _at_one_end(small: BoolArray) -> BoolArray:
    """Of the small ones, those from one end of the net on; it may be written down either way
    round. Elsewhere they count where they are many."""
    if small.all():
        return np.zeros_like(small)
    for turned in (False, True):
        line = small[::-1] if turned else small
        count = int(np.argmin(line))
        if count:
            out = np.arange(len(line)) < count
            return np.asarray(out[::-1] if turned else out)
    return small if small.mean() >= T.SCATTERED else np.zeros_like(small)


def _hopeless(reading: Reading, rms: FloatArray, norms: FloatArray, faint: BoolArray) -> bool:
    """Whether these layers have never moved, their gradients being below what moves a float32
    weight: whatever is learned, they have no part in it."""
    deep = (norms < T.HOPELESS_NORM) & (rms < T.HOPELESS_RATIO * np.max(rms)) & (norms > 0)
    if reading.critic or reading.adaptive or not (deep & faint).any():
        return False
    if reading.learned and reading.clearly_lower and reading.seen < T.PATIENCE:
        return False
    now = reading.typical(reading.rows, reading.now)
    still = [reading.ratios(window)[faint & deep] for window in (reading.early, reading.now)]
    never = all(bool((ratios < T.STILL_RATIO).all()) for ratios in still)
    return never and bool((now[faint & deep] < T.HOPELESS_NORM).all())


def _died_of_it(reading: Reading, rms: FloatArray, norms: FloatArray, faint: BoolArray) -> bool:
    """Whether layers whose first gradients were below what moves a weight have none at all by now, in a run
    that has learned little: decay, or chance, has moved them, and in the end their units died."""
    deep = faint & (norms < T.HOPELESS_NORM) & (rms < T.HOPELESS_RATIO * np.max(rms)) & (norms > 0)
    return bool((reading.row_norms[deep] == 0).any()) and not (reading.critic or reading.learned)


def _waking(reading: Reading, faint: BoolArray) -> bool:
    """Whether these layers' gradients grow steadily beside those of the loudest, as in branches that begin
    at zero: then they get the time that layers have which move a little."""
    if reading.seen >= T.PATIENCE or len(reading.used) < T.STILL_STEPS:
        return False
    # Zeros of the first step are by design.
    norms = reading.norms_at(reading.used[1:], reading.rows)
    loudest = int(np.argmax(middle(norms)))
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(norms[:, faint] / norms[:, [loudest]])
    logs = logs[:, np.isfinite(logs).all(axis=0)]
    if not logs.shape[1]:
        return False
    steps = np.arange(len(logs), dtype=np.float64)
    slope, height = np.polyfit(steps, logs, 1)
    spread = np.maximum(logs.var(axis=0), np.finfo(np.float64).tiny)
    fit = 1 - (logs - steps[:, None] * slope - height).var(axis=0) / spread
    growth = np.exp(np.median(slope) * len(logs))
    return bool(growth > T.WAKING_GROWTH and np.median(fit) > T.WAKING_FIT)


def _with_depth(reading: Reading, norms: FloatArray, faint: BoolArray, early: bool) -> Finding:
    rows = reading.rows[faint]
    history = reading.facts.judged_norms[:, reading.rows] * reading.clip_scale[:, None]
    history = np.nan_to_num(history)
    worst = int(np.argmin(np.where(faint, norms, np.inf)))
    best = int(np.argmax(np.where(faint, -np.inf, norms)))
    low = history[:, worst]
    held = (low < 3 * T.VANISHING_NORM) & (low < 10 * T.VANISHING_RATIO * history.max(axis=1))
    first, last = float(norms[worst]), float(norms[best])
    name, end = reading.names(reading.rows[[worst, best]])
    cause = (
        "the weight clip makes each layer pass on only a part of the gradient"
        if reading.facts.info.task == "critic"
        else "each layer passes on only a part of the gradient that reaches it"
    )
    but = "these layers have never moved" if reading.learned else "no progress"
    pushed = "" if reading.critic else _pushed(reading, faint)
    remedies = choices.VANISHING_CRITIC if reading.critic else fading_remedies(reading)
    return Finding(
        SYMPTOM,
        Severity.CRITICAL,
        int(reading.facts.steps[int(np.argmax(held))]) if early else reading.since(held),
        f"gradient norm {norm(first)} at {name}, {norm(last)} at {end}{_decades(first, last)}, and "
        f"{but}",
        pushed or f"{cause}; over {_depth(reading)} layers that multiplies to almost nothing",
        choices.PUSHED_TO_FADE if pushed else remedies,
        tuple(int(r) for r in rows),
        reading.names(rows),
    )


def _pushed(reading: Reading, faint: BoolArray) -> str:
    """What the first steps have done to a net whose first gradients reached these layers; "" of another."""
    norms = reading.typical(reading.rows, reading.used[:1])
    rms = norms / np.sqrt(reading.row_sizes)
    if ((rms < T.VANISHING_RATIO * np.max(rms)) | (norms < T.VANISHING_NORM))[faint].any():
        return ""
    ratios = reading.ratios(reading.used[: T.STILL_STEPS])
    changed = median(ratios[np.isfinite(ratios)]) if np.isfinite(ratios).any() else 0.0
    if not changed > T.OVERWHELMED:
        return ""
    return (
        "gradients reached all of these layers at the first step; the steps after it, which changed a weight "
        f"by {percent(changed)} each, have pushed the net to where each layer passes on next to nothing: the "
        "learning rate is too big"
    )


def _depth(reading: Reading) -> int:
    """Layers that a signal passes through: of norms, tables and an attention's own projection none,
    of a recurrent module as many as are above one another."""
    layout, count = reading.facts.layout, 0
    for row in reading.rows.tolist():
        if not any(word in layout.rows[row].kind for word in BESIDE):
            leaves = [t.name.rpartition(".")[2] for t in layout.tensors if t.row == row]
            stacked = sum(re.fullmatch(r"weight_hh_l\d+", leaf) is not None for leaf in leaves)
            count += max(stacked, 1)
    return count or len(reading.rows)


def vanishing_everywhere(reading: Reading) -> Finding | None:
    """All layers alike are far below the healthy band while there is still everything to learn.

    Gradients of exactly zero are somebody else's business (dead units, an output that cannot
    change), unless it was the forward signal that faded until it rounded to zero.
    """
    if reading.progress or not len(reading.rows) or reading.seen < T.STILL_STEPS or reading.game:
        return None
    for window in _windows(reading):
        norms = reading.typical(reading.rows, window)
        rounded = (norms == 0).all() and not faded_forward(reading)
        wrong = reading.wrong(window) or _insensitive(reading)
        if not (norms < T.BAND_LOW).all() or rounded or not wrong:
            continue
        if window is reading.now and at_rest(reading):
            continue
        if _patient(reading, window, np.ones(len(norms), np.bool_)):
            return _everywhere(reading, norms, window is not reading.now)
    return None


def _insensitive(reading: Reading) -> bool:
    """Whether batches differ in their losses and not in what they ask of the weights: all of these together
    could not change a thousandth of that. Near an optimum gradients differ as losses do."""
    if reading.signed or reading.critic or reading.came_down:
        return False
    differ = spread(reading.losses[-T.WINDOW :])
    fades = (
        reading.growth < 1 / T.GAIN_GROWTH
    )  # a student that is its teacher asks for nothing either
    return bool(
        fades and differ > T.SAME_LOSS * reading.loss and reading.slope < T.INSENSITIVE * differ
    )


def faint_beside_others(reading: Reading) -> Finding | None:
    """Layers whose gradients are next to nothing beside those of others, and which all steps together have
    left as they were, in a run that has learned something without them."""
    if reading.critic or reading.blind or reading.half or reading.signed or reading.converged:
        return None
    if (
        reading.seen < T.NOT_LEARNING_STEPS
        or reading.warming_up
        or len(reading.rows) < T.FEW_LAYERS
    ):
        return None
    if reading.loss < T.LEFT_TO_LEARN * reading.reference_loss:
        return None
    together = reading.ratios(reading.used) * reading.seen
    norms = reading.row_norms
    if np.isnan(norms).all():
        return None
    with np.errstate(invalid="ignore"):
        faint = (norms > 0) & (norms < T.FAINT_BESIDE * np.nanmax(norms)) & (together < T.UNMOVED)
    if faint.mean() < T.SCATTERED or not np.nanmax(together) > T.WENT_FAR:
        return None
    rows = tuple(int(r) for r in reading.rows[faint])
    names, loud = reading.names(list(rows)), int(np.nanargmax(norms))
    return Finding(
        "vanishing_gradient",
        Severity.WARNING,
        int(reading.facts.steps[0]),
        f"{len(rows)} of {len(reading.rows)} layers, {layer_range(names)}, have gradient norms of "
        f"{norm(float(np.nanmax(norms[faint])))} at most, {reading.names([int(reading.rows[loud])])[0]} has "
        f"{norm(float(norms[loud]))}; all {reading.seen:,} steps together have changed them by "
        f"{norm(float(np.nanmax(together[faint])))} of themselves at most; the loss is {norm(reading.loss)}, "
        f"at first {norm(reading.start_loss)}",
        "what these layers give is multiplied by a tiny number on its way (the scale of a residual branch, a "
        "gate, a small initialisation behind them), or fades: what is learned is learned without them",
        choices.FAINT_BESIDE_OTHERS,
        rows,
        names,
    )


def starved(reading: Reading) -> Finding | None:
    """One side of a game gets next to nothing of the gradient that it had, and its loss is no
    better for it: a side that has won has brought its loss down."""
    if not reading.game or reading.seen < T.GAME_STEPS or not len(reading.rows):
        return None
    losses = reading.facts.loss[reading.used]
    first, now = median(losses[:5]), reading.loss
    if now < first - T.STARVED * abs(first):
        return None
    then = reading.typical(reading.rows, reading.early[:5])  # it may be over soon
    # The last few: of sparsely measured steps the usual window reaches far back.
    norms = reading.typical(reading.rows, reading.used[-5:])
    if not (norms < np.maximum(T.STARVED * then, T.BAND_LOW)).all():
        return None
    pinned = pinned_by_inputs(reading, int(reading.rows[0]), "and little of the gradient is left")
    if pinned is not None:
        return pinned
    history = reading.facts.judged_norms[:, reading.rows] * reading.clip_scale[:, None]
    faint = np.asarray((np.nan_to_num(history) < 3 * T.STARVED * then).all(axis=1))
    return Finding(
        SYMPTOM,
        Severity.CRITICAL,
        reading.since(faint),
        f"all {len(norms)} layers of {_side(reading)} have gradient norms of at most "
        f"{norm(float(norms.max()))}, {norm(float(then.max()))} at first, while its loss went from "
        f"{norm(first)} to {norm(now)}",
        "the other net has won: it tells what this one makes from what is true with such certainty that "
        "hardly any gradient comes back through it",
        choices.STARVED,
        tuple(int(r) for r in reading.rows),
        reading.names(reading.rows),
    )


def _side(reading: Reading) -> str:
    """What the layers of a side of a game are called, where they alone have one name in common."""
    words = [row.name.partition(".")[0] for row in reading.facts.layout.rows]
    own = {words[int(row)] for row in reading.rows}
    others = {word for row, word in enumerate(words) if row not in {*reading.rows.tolist()}}
    return own.pop() if len(own) == 1 and not own & others else "this side"


def _everywhere(reading: Reading, norms: FloatArray, early: bool) -> Finding:
    history = reading.facts.judged_norms[:, reading.rows] * reading.clip_scale[:, None]
    faint = np.asarray((np.nan_to_num(history) < T.BAND_LOW).all(axis=1))
    low, high = float(norms.min()), float(norms.max())
    size = f"between {norm(low)} and {norm(high)}" if high else "of exactly 0"
    cause = (
        "the signal shrinks in both directions alike, so every layer gets as little: the first "
        "weights are too small"
    )
    if not early:
        cause = (
            "the weights have become so small that every layer gets next to nothing: weight decay, "
            "or steps that pulled them there"
        )
    return Finding(
        SYMPTOM,
        Severity.CRITICAL,
        int(reading.facts.steps[0]) if early else reading.since(faint),
        f"all {len(norms)} layers have gradient norms {size}, and the loss does not move",
        cause,
        choices.VANISHING_CRITIC if reading.critic else choices.VANISHING_UNIFORM,
        tuple(int(r) for r in reading.rows),
        reading.names(reading.rows),
    )


def _patient(reading: Reading, window: IntArray, faint: BoolArray) -> bool:
    """Whether enough steps have been seen to say that these layers do not learn.

    Weights that do not move at all are believed soon; ones that move a little get time to prove it.
    """
    if reading.critic:
        return reading.seen >= (T.GAME_STEPS if reading.game else 2 * T.WINDOW)
    ratios = reading.ratios(window)[faint]
    still = len(ratios) > 0 and bool((ratios[[0, -1]] < T.STILL_RATIO).any())
    return still or reading.seen >= T.PATIENCE


def _decades(low: float, high: float) -> str:
    if low <= 0 or high <= 0:
        return ""
    return f" ({np.log10(high / low):.0f} powers of ten apart)"
