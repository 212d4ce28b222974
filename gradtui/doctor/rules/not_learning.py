"""No progress that the task allows, and nothing in the gradients that would explain it.

What is wrong then lies around them: no backward pass, no step, weights that something else writes, steps
that could not bring the loss down whichever way they went.
"""

import math
from typing import NamedTuple

import numpy as np

from gradtui.core import wiring as W
from gradtui.core.layout import FloatArray, IntArray
from gradtui.core.snapshot import Grad, Weight
from gradtui.core.symptom import Severity
from gradtui.doctor import thresholds as T
from gradtui.doctor.finding import Finding
from gradtui.doctor.reading import Reading
from gradtui.doctor.remedies import choices
from gradtui.doctor.remedy import Remedy
from gradtui.doctor.robust_statistics import median, spread
from gradtui.doctor.rules.explosion_causes import fading_remedies
from gradtui.doctor.rules.small_updates import flat_slope, stopped_by_schedule, too_small_steps
from gradtui.doctor.words import norm, percent

SYMPTOM = "not_learning"
NOBODY = ("", "none", "by hand")
"""Words for the optimizer of a program in which none was seen."""


def no_backward(reading: Reading) -> Finding | None:
    """Steps are taken, no loss was ever differentiated, and no weight has changed."""
    facts = reading.facts
    if reading.critic or reading.seen < T.STILL_STEPS or not len(facts.layout.tensors):
        return None
    if not np.isnan(reading.losses).all() or not np.isnan(facts.grads[..., Grad.NONFINITE]).all():
        return None
    if _moved(reading):
        return None
    return Finding(
        SYMPTOM,
        Severity.WARNING,
        int(facts.steps[0]),
        f"none of {len(facts.layout.tensors)} tensors has had a gradient at any of {reading.seen} "
        "steps, no weight has changed, and no backward pass was seen",
        "loss.backward() is not called, or in a process or a way that is not watched: an optimizer "
        "passes over what has no gradient",
        choices.NO_BACKWARD,
    )


def never_stepped(reading: Reading) -> Finding | None:
    """Gradients are there at each pass, an optimizer too, and no step of it was ever seen."""
    word = reading.facts.info.optimizer
    if word in NOBODY or reading.critic or reading.seen < T.UNSTEPPED_PASSES:
        return None
    if not np.isnan(reading.rates).all() or _moved(reading):
        return None
    if reading.blind or reading.signed or reading.came_down:
        return None
    norms = reading.row_norms[~np.isnan(reading.row_norms)]
    if not len(norms) or not norms.max() > 0:
        return None
    return Finding(
        SYMPTOM,
        Severity.WARNING,
        int(reading.facts.steps[0]),
        f"{reading.seen:,} backward passes with gradient norms of {_range(norms)}, and not one step of "
        f"{word}; the loss is {norm(reading.loss)}, at first {norm(reading.start_loss)}",
        "optimizer.step() is never called: a learning-rate scheduler's step() sets the learning rate, "
        "and moves no weight",
        choices.NEVER_STEPPED,
        tuple(int(r) for r in reading.rows),
        reading.names(reading.rows),
    )


def _moved(reading: Reading) -> bool:
    """Whether any weight is known to have changed, by a step or otherwise."""
    facts = reading.facts
    updates = facts.weights[..., Weight.UPDATE]
    if (updates[np.isfinite(updates)] > 0).any():
        return True
    sizes = facts.weights[facts.weights_at][:, :, Weight.NORM]
    return len(sizes) > 1 and bool((np.nan_to_num(sizes) != np.nan_to_num(sizes[0])).any())


class SetBack(NamedTuple):
    """`at`: indices into `used_scalars` from which on the loss was up again; `best` before each."""

    at: list[int]
    best: list[float]


def weights_set_back(reading: Reading) -> Finding | None:
    """Again and again the loss is back where it began, from one step to the next, and no step was long
    enough to do that: something writes the weights, or exchanges what they are for.

    Folds and tasks that begin anew get far between, or have an optimizer of their own.
    """
    found = _set_backs(reading)
    if len(found.at) < T.SET_BACKS or min(found.best) < T.FOLD_LEARNED * reading.reference_loss:
        return None
    further = min(found.best[-1], reading.loss)
    if further < T.LEARNED_LOSS * found.best[0]:
        return None  # each time it gets further
    steps = [int(reading.used_scalars.steps[at]) for at in found.at]
    size = _written(reading, steps)
    told = (
        f"; at step {size[0]} a weight's norm changed by {norm(size[1])}, and steps there change "
        f"it by {norm(size[2])} at most"
        if size
        else ""
    )
    return Finding(
        SYMPTOM,
        Severity.WARNING,
        steps[0],
        f"{len(steps)} times, last at step {steps[-1]}, the loss went back from one step to the next "
        f"to where it began ({norm(reading.start_loss)}), from {norm(found.best[-1])} the last "
        f"time{told}",
        "the weights are reset: something else than the optimizer writes them, such as a "
        "load_state_dict() of an old checkpoint"
        if size
        else "no step was long enough for such a jump: the weights are reset by something else (a "
        "load_state_dict() of an old checkpoint), or the data change there",
        choices.WEIGHTS_WRITTEN,
        tuple(int(r) for r in reading.rows),
        reading.names(reading.rows),
    )


WRITTEN: dict[str, tuple[str, tuple[Remedy, ...]]] = {
    W.STEPS_UNDONE: (
        "each step is taken back before the next one: averages or an older state are copied into the model "
        "that is trained",
        choices.STEPS_UNDONE,
    ),
    W.WEIGHTS_LOADED: (
        "what steps have learned is overwritten again and again: by an older checkpoint, or by averages that "
        "are not taken back",
        choices.WEIGHTS_LOADED,
    ),
}
"""What was seen of weights that something else writes -> cause and remedies."""


def weights_written(reading: Reading) -> Finding | None:
    """Something else than the optimizer was seen to write the weights, and little has been learned."""
    seen = dict(reading.facts.info.wiring)
    kind = next((kind for kind in WRITTEN if kind in seen), "")
    if not kind or reading.critic or reading.blind or reading.seen < T.NO_BETTER_STEPS:
        return None
    if reading.signed or reading.converged:
        return None
    if reading.loss < T.MISWIRED_LEARNED * reading.reference_loss:
        return None
    cause, remedies = WRITTEN[kind]
    return Finding(
        SYMPTOM,
        Severity.WARNING,
        int(reading.facts.steps[0]),
        f"{seen[kind]}; after {reading.seen:,} steps the loss is {norm(reading.loss)} (first "
        f"{norm(reading.start_loss)})",
        cause,
        remedies,
    )


def _set_backs(reading: Reading) -> SetBack:
    out = SetBack([], [])
    losses, begun = reading.losses, reading.reference_loss
    optimizer = reading.used_scalars.optimizer
    near = T.WINDOW // 4
    if reading.critic or reading.signed or reading.blind or len(losses) < 3 * T.WINDOW:
        return out
    if not np.isfinite(losses).all() or not reading.largest_ratio < T.OVERWHELMED:
        return out
    last = 0
    for at in range(T.WINDOW // 2, len(losses) - near + 1):
        if at - last < T.WINDOW // 2 or losses[at] < T.LEARNED_LOSS * begun:
            continue
        if not losses[at - 2 : at].max() < T.LEARNED_LOSS * begun:
            continue
        before, after = median(losses[at - near : at]), median(losses[at : at + near])
        noise = T.FALLING_Z * spread(np.diff(losses[max(at - T.WINDOW, 0) : at]))
        sudden = losses[at] - losses[at - 1] > noise and after - before > noise / 2
        if before < T.LEARNED_LOSS * begun <= after and sudden:
            if optimizer[at] != optimizer[at - 1]:
                continue
            if losses[at] - losses[at - 1] > T.BEYOND_STEP * _step_effect(reading, at):
                out.at.append(at)
                out.best.append(before)
                last = at
    return out


def _step_effect(reading: Reading, at: int) -> float:
    """What a step before `at` (index into `used_scalars`) changes of the loss to first order, at
    most; 0 where nothing was measured."""
    here = int(reading.measured_near[at])
    window = reading.used[max(here - T.WINDOW, 0) : here + 1]
    effects = reading.effects(window)
    return float(effects.max()) if len(effects) else 0.0


def _written(reading: Reading, steps: list[int]) -> tuple[int, float, float] | None:
    """(step, by how much the norm of a weight changed there, by how much steps could have changed
    it), where that proves that something else has written it; else None."""
    facts, at = reading.facts, reading.facts.weights_at
    judged = facts.layout.judged
    for step in steps:
        after = int(np.searchsorted(facts.steps[at], step))
        if not 0 < after < len(at):
            continue
        pair = facts.weights[at[[after - 1, after]]][:, judged]
        gap = int(np.diff(facts.steps[at[[after - 1, after]]])[0])
        change = np.abs(np.diff(pair[..., Weight.NORM], axis=0))[0]
        most = gap * pair[..., Weight.UPDATE].max(axis=0)
        beyond = np.where(np.isfinite(change) & np.isfinite(most), change - most, -np.inf)
        if len(beyond) and beyond.max() > most[int(np.argmax(beyond))]:
            worst = int(np.argmax(beyond))
            return step, float(change[worst]), float(most[worst])
    return None


def steps_reach_nothing(reading: Reading) -> Finding | None:
    """All steps together could not have brought the loss down to speak of, whichever way they went, and
    it is still no better than an answer that looks at no input."""
    if reading.critic or reading.blind or reading.signed or reading.seen < T.NOT_LEARNING_STEPS:
        return None
    if stopped_by_schedule(reading) is not None or too_small_steps(reading) is not None:
        return None  # which say more
    level, reach = reading.level, reading.reach
    if not 0 < reach < T.REACHES_MEAN * level or on_its_way(reading):
        return None
    told = reading.facts.info.classes > 1
    if told:
        idle = level > T.LEARNED_LOSS * reading.chance and reach < T.REACHES_GUESS * level
        than = f"; {reading.guess_words}"
    elif mean := reading.facts.info.mean_loss:
        idle = level > T.LEARNED_LOSS * mean
        than = f", at first {reading.begun:.3g}; {reading.mean_words} costs {mean:.3g}"
    else:
        still = reading.too_still and level > T.UNCHANGED * reading.begun
        idle = still and reach < T.REACHES_NOTHING * level and reading.seen >= T.STILL_LOSS_STEPS
        than = f", at first {reading.begun:.3g}"
    norms = reading.row_norms[~np.isnan(reading.row_norms)]
    if not idle or not len(norms) or not norms.max() > T.BAND_LOW:
        return None
    rate = median(reading.rates[-T.WINDOW :])
    words = "" if np.isnan(rate) else f" of {rate:.3g}"
    cause = (
        f"steps are too short for the slope that there is: the learning rate{words} is too small"
    )
    remedies = choices.STEPS_TOO_SHORT
    symptom, flat = SYMPTOM, flat_slope(reading)
    if flat:
        symptom, cause, remedies = "plateau", flat, choices.FLAT_SCORES
    elif _faint(reading, norms, rate):
        symptom, remedies = "vanishing_gradient", fading_remedies(reading)
        cause = (
            "what reaches most layers is next to nothing, and has been from the start: the learning rate"
            f"{words} is an ordinary one, and the gradient fades on its way"
        )
    elif not told and not reading.facts.info.mean_loss:
        cause += ", unless it stood at its best from the start"
    return Finding(
        symptom,
        Severity.WARNING,
        int(reading.facts.steps[0]),
        f"after {reading.seen:,} steps the loss is {level:.3g}{than}; all steps together could change it by "
        f"{norm(reach)} at most (length of the step times gradient norm); {ruled_out(reading)}",
        cause,
        remedies,
        tuple(int(r) for r in reading.rows),
        reading.names(reading.rows),
    )


def _faint(reading: Reading, norms: FloatArray, rate: float) -> bool:
    """Whether steps are short for want of a gradient rather than of a learning rate: a deep net, most of
    whose layers get next to nothing, and a rate of plain steps that is as large as any."""
    if reading.adaptive or len(norms) < T.FEW_LAYERS or not rate >= T.ORDINARY_LR:
        return False
    then = reading.typical(reading.rows, reading.early)
    return bool(np.median(norms) < T.VANISHING_NORM and np.nanmedian(then) < T.VANISHING_NORM)


def unrelated(reading: Reading) -> str:
    """The symptom of targets that have nothing to do with their inputs: a loss that does not move, where the
    first steps have shown something else that would explain it."""
    seen = dict(reading.facts.info.wiring)
    return "plateau" if W.SAME_ANSWERS in seen or W.NOT_STEPPED in seen else SYMPTOM


def on_its_way(reading: Reading) -> bool:
    early = reading.seen < T.STEEPER_STEPS
    return (early and reading.steeper > T.STEEPER) or reading.warming_up


def little_learned(reading: Reading) -> str:
    """A clause where steps are as long as any, hundreds of them, and what the loss has come down by, at
    a steady pace, is no more than a net learns by heart of labels that its inputs say nothing of; else
    "". A weak signal, or a long task at its beginning, looks the same: it is no finding.
    """
    if reading.critic or reading.blind or reading.seen < T.NOT_LEARNING_STEPS:
        return ""
    if reading.facts.info.classes < T.MANY_CLASSES or reading.too_noisy:
        return ""
    if reading.steeper > T.STEEPER_BY_HEART:
        return ""
    level, chance = reading.level, reading.chance
    by_heart = T.LEARNED_BY_HEART * chance
    if not chance - by_heart < level < chance + by_heart or not reading.steady:
        return ""
    if not reading.largest_ratio * reading.seen > T.WENT_FAR or reading.warming_up:
        return ""
    if reading.start_loss > T.OVERCONFIDENT * chance:
        return ""
    gained = max(1 - level / chance, 0.0)
    return (
        f"after {reading.seen:,} steps the loss is {level:.3g}, {100 * gained:.1f} % below guessing: as "
        "much is learned by heart of labels that do not belong to their inputs"
    )


def lost_loss(reading: Reading) -> str:
    """What is not known of single steps whose loss was NaN, infinite or not seen, among others whose
    loss is known; "" where there are none. A scaler's skipped steps are its own business."""
    scalars = reading.facts.scalars
    known = np.isfinite(scalars.loss)
    if not known.any():
        return ""
    gone = ~known & ~scalars.skipped
    gone[: int(np.argmax(known))] = False
    count = int(gone.sum())
    if not count or count > T.LOSSES_GONE * len(gone):
        return ""
    first = int(scalars.steps[int(np.argmax(gone))])
    which = f"step {first:,}" if count == 1 else f"{count:,} steps, the first of them {first:,},"
    return f"the loss of {which} was NaN, infinite or not seen (--catch-nan looks at every step)"


def no_better(reading: Reading) -> str:
    """A clause where a loss stands where an answer that looks at no input would have it, or where it
    began, and nothing shows that it is about to come down; else "". It may be that there is no more to
    learn, or that it takes longer.
    """
    if reading.critic or reading.blind or reading.game or reading.signed or reading.start_unknown:
        return ""
    if reading.seen < T.NO_BETTER_STEPS:
        return ""
    if reading.warming_up:
        return _warming_up(reading)
    count = f"after {reading.seen:,} steps the loss is {reading.level:.3g}"
    if reading.loss > T.LOSS_GROWTH * reading.begun > 0:
        return f"{count}, at first {reading.begun:.3g}, and nothing was found that would explain it"
    if reading.falling:
        return ""
    if mean := reading.facts.info.mean_loss:
        return _no_more_than_the_mean(reading, mean)
    if reading.facts.info.label_loss and _never_below(reading, T.NO_MORE_THAN_LABELS):
        return f"{count}, and {reading.guess_words}: nothing else has been learned, or there is nothing else"
    if reading.slowly_falling or reading.below_guessing:
        return ""
    rising = reading.steeper > T.STEEPER and reading.seen < T.STEEPER_STEPS
    if rising and reading.guessing and not reading.came_down:
        return (
            f"{count}, and guessing costs {reading.chance:.3g}: nothing has been learned so far; gradients "
            f"have grown to {reading.steeper:.2g} times what they were, as before a loss comes down, and "
            "also where labels are learned by heart"
        )
    if rising:
        return ""
    if reading.level > reading.chance or (reading.facts.info.classes > 1 and not reading.came_down):
        return f"{count}, and guessing costs {reading.chance:.3g}: nothing has been learned so far"
    if reading.came_down:
        return ""
    return f"{count}, at first {reading.begun:.3g}: nothing has been learned so far, or there is nothing"


def _never_below(reading: Reading, share: float) -> bool:
    """Whether the loss is, and has always been, above that share of what the frequencies of the labels cost.
    Where a task has been learned, the next one may have other labels."""
    losses = reading.losses[np.isfinite(reading.losses)]
    parts = np.array_split(losses, max(len(losses) // T.WINDOW, 1))
    least = min(median(part) for part in parts) if len(losses) else 0.0
    return min(least, reading.level) > share * reading.constant


def _warming_up(reading: Reading) -> str:
    """A clause where the learning rate still rises, and nothing is learned with it yet; else ""."""
    if math.isnan(reading.chance) or reading.falling or not reading.level > reading.chance:
        return ""
    rate = norm(median(reading.rates[-T.WINDOW :]))
    return (
        f"after {reading.seen:,} steps the loss is {reading.level:.3g}, and guessing costs "
        f"{reading.chance:.3g}; the learning rate still rises (now {rate})"
    )


def begun_elsewhere(reading: Reading) -> str:
    """A clause where only the middle of a training was seen, and in that the loss has not come down; else
    ""."""
    if not reading.start_unknown or reading.critic or reading.learned or reading.falling:
        return ""
    return (
        f"recorded from the middle: what the loss was at first is not known, and in these {reading.seen:,} "
        "steps it has not come down"
    )


def _no_more_than_the_mean(reading: Reading, mean: float) -> str:
    """A clause where a regression has come no further than to the mean of its targets, which may be all
    that there is to learn; else ""."""
    if not reading.above_the_mean:
        return ""
    return (
        f"after {reading.seen:,} steps the loss is {reading.level:.3g}, and {reading.mean_words} costs "
        f"{mean:.3g}, as far as the first batches tell: nothing else has been learned, or there is nothing "
        "else"
    )


def ruled_out(reading: Reading) -> str:
    """What was looked at and is in order."""
    norms = reading.row_norms[~np.isnan(reading.row_norms)]
    zeros = reading.zero_fraction[~np.isnan(reading.zero_fraction)]
    words = [f"gradients of {_range(norms)} reach all {len(norms)} layers"] if len(norms) else []
    if len(zeros) and zeros.max() < T.ZERO_FRACTION:
        words.append("no layer is cut off")
    if not np.isnan(reading.largest_ratio):
        words.append(f"the longest step changed a layer by {percent_of(reading.largest_ratio)}")
    return ", ".join(words)


def percent_of(share: float) -> str:
    return percent(share) if share >= 0.01 else f"{norm(100 * share)} %"


def _range(norms: IntArray | np.ndarray[tuple[int], np.dtype[np.float64]]) -> str:
    low, high = norm(float(norms.min())), norm(float(norms.max()))
    return low if low == high else f"{low} to {high}"
