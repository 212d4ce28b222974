"""Programs that are put together wrongly, by what their first steps show: `RunInfo.wiring`.

What was seen is certain. Whether it does harm shows in the loss: where that has come down all the
same it is a note, and no finding.
"""

from dataclasses import replace

import numpy as np

from gradtui.core import wiring as W
from gradtui.core.facts import Facts
from gradtui.core.snapshot import Grad, Weight
from gradtui.core.symptom import Severity
from gradtui.doctor import thresholds as T
from gradtui.doctor.finding import Finding
from gradtui.doctor.optimizer_series import in_turns
from gradtui.doctor.reading import Reading
from gradtui.doctor.remedies import choices
from gradtui.doctor.remedies.code.shorter_steps import LOWER_LR_OR_MOMENTUM
from gradtui.doctor.remedy import Remedy
from gradtui.doctor.robust_statistics import median
from gradtui.doctor.words import norm

SYMPTOM = "miswired"
CAUSES: dict[str, tuple[str, tuple[Remedy, ...]]] = {
    W.NEVER_ZEROED: (
        "gradients are never cleared: each step goes by the sum of all gradients so far, "
        "old ones as much as new ones",
        choices.NEVER_ZEROED,
    ),
    W.DROPPED_PASSES: (
        "zero_grad() stands within the loop over the parts of a batch: of all that should add up to a step "
        "only the last one does, and what the others are of is never learned",
        choices.DROPPED_PASSES,
    ),
    W.LEFT_OVER: (
        "the backward pass of one loss goes through a net that another optimizer steps, as an actor's goes "
        "through the critic: its gradients are not cleared before the next pass, so that this net steps by "
        "a loss that is not its own",
        choices.LEFT_OVER,
    ),
    W.RECOGNISED: (
        "the generator's loss has the label of made samples: it is trained to be recognised, and both sides "
        "agree, where it should be trained towards the label of real ones",
        choices.RECOGNISED,
    ),
    W.CANCELLED: (
        "the old probabilities of a policy's loss are computed with the weights that are trained, and not "
        "kept as numbers from when the actions were drawn: the policy has no gradient",
        choices.CANCELLED,
    ),
    W.CUT_RECURRENCE: (
        "the state of a recurrence is cut off (detach(), .data) at each time step, and not once before a "
        "chunk of them: nothing is learned from one step to another",
        choices.CUT_RECURRENCE,
    ),
    W.PULLED_BACK: (
        "something pulls the weights back to where they began, such as a target net that is copied into the "
        "net that it should follow (source and target of the soft update swapped)",
        choices.PULLED_BACK,
    ),
    W.BROADCAST_TARGET: (
        "the shapes of predictions and targets differ, and broadcasting pairs each "
        "prediction with every target: the best answer is the same for all, the mean",
        choices.BROADCAST_TARGET,
    ),
    W.SOFTMAX_TWICE: (
        "the loss function normalises what is normalised already: its scores lie between "
        "0 and 1, so that no answer can be sure and gradients are small",
        choices.SOFTMAX_TWICE,
    ),
    W.RELU_LOGITS: (
        "scores below zero are cut off by a ReLU, and get no gradient there",
        choices.RELU_LOGITS,
    ),
    W.SCRAMBLED_SCORES: (
        "scores of different positions and classes are mixed up before they are compared with the labels: "
        "what is learned of one position is unlearned at another",
        choices.SCRAMBLED_SCORES,
    ),
    W.ACROSS_EXAMPLES: (
        "the dimension of the examples is taken for that of the positions (batch_first is not as the inputs "
        "are): what is said of an example hangs on the others of its batch, and not on its own positions",
        choices.ACROSS_EXAMPLES,
    ),
    W.TORN_EXAMPLES: (
        "a reshape (or view) cuts numbers into rows as they lie in memory, and turns nothing: each row holds "
        "parts of several examples, and its label belongs to none of them",
        choices.TORN_EXAMPLES,
    ),
    W.SOFTMAX_OVER_EXAMPLES: (
        "the softmax is taken over the wrong dimension (dim): it adds up to 1 over a batch, and not over the "
        "classes or positions of each example",
        choices.SOFTMAX_OVER_EXAMPLES,
    ),
    W.ATTENTION_DIM: (
        "the softmax of an attention is taken over the wrong dimension (dim): its weights add up to 1 over "
        "the receiving positions, and not over those that each of them attends to",
        choices.ATTENTION_DIM,
    ),
    W.PROBABILITIES: (
        "the divergence is given probabilities where it takes their logarithms (log_softmax): its slope "
        "knows nothing of how wrong they are, and the largest one is pushed to 1",
        choices.PROBABILITIES,
    ),
    W.UNNORMALISED: (
        "the negative log-likelihood (or ctc_loss) takes what it is given for the right class, without a "
        "logarithm of a sum over all of them (log_softmax): to raise that alone lowers the loss, without end "
        "where nothing bounds it",
        choices.UNNORMALISED,
    ),
    W.WIDE_TARGETS: (
        "outside of 0 to 1 the binary cross entropy has no lowest value: sure answers lower it without end, "
        "whatever the targets are (a mask of 0 and 255, labels from 1 on)",
        choices.WIDE_TARGETS,
    ),
    W.UNALIGNED: (
        "a target that is longer than what there is to align it with costs infinity (ctc_loss), which "
        "zero_infinity=True makes 0, and its gradient too",
        choices.UNALIGNED,
    ),
    W.SAME_UNITS: (
        "the units of a layer are copies of one another and get the same gradient: each "
        "layer does the work of a single unit",
        choices.SAME_UNITS,
    ),
    W.FEW_FOR_NORM: (
        "normalisation takes mean and size off what it is given: of so few values next to nothing is left",
        choices.FEW_FOR_NORM,
    ),
    W.UNREGISTERED: (
        "modules in a plain list or dict are not registered: parameters() does not have theirs, and they "
        "stay as they are; nn.ModuleList and nn.ModuleDict register them",
        choices.UNREGISTERED,
    ),
    W.REMADE: (
        "a layer is built in forward(), anew for each pass: it has other random weights each time, which no "
        "optimizer knows, and what lies before it learns for a layer that is gone",
        choices.REMADE,
    ),
    W.LEFT_OUT: (
        "parameters that the loss hangs on came into the model after the optimizer was made, or were "
        "forgotten: they stay as they are",
        choices.LEFT_OUT,
    ),
    W.MOSTLY_PADDING: (
        "the loss is averaged over padding: it falls by answering that with padding, and what is no padding "
        "has next to nothing of the gradient",
        choices.MOSTLY_PADDING,
    ),
    W.PASSED_OVER: (
        "labels are shifted twice, by the data and within the model or its loss: the net learns to say what "
        "comes after the next one, and will be asked for the next",
        choices.PASSED_OVER,
    ),
    W.ORDERED_LABELS: (
        "the data comes in the order of its labels: each step unlearns what the batches of other classes "
        "have taught",
        choices.ORDERED_LABELS,
    ),
}
"""Kind -> cause and remedies, the most telling first."""
OTHERWISE = {
    W.ORDERED_LABELS: "oscillating_loss",
    W.WIDE_TARGETS: "badly_scaled",
    W.UNALIGNED: "not_learning",
}
"""Kind -> what it is told as, where no part of the program is at fault."""
CAUSE_OF = {
    W.CLIPPED_SCALED: "clipping_dominates",
    W.UNALIGNED: "output_cannot_change",
    W.GROWING_TARGETS: "exploding_gradient",
}
"""Kind -> the symptom that it is told as the cause of (`explained`)."""
WRITTEN = (W.STEPS_UNDONE, W.WEIGHTS_LOADED)
"""Kinds that are a finding of their own where little is learned."""
UNTOLD = (W.LEFT_OVER, W.RECOGNISED, W.CANCELLED, W.PULLED_BACK)
"""Kinds that no loss tells of, as those between an actor and its critic, or in a game."""
APART = (*CAUSES, W.PADDING_COUNTED, W.ANSWER_GIVEN, W.ONE_LABEL)
"""Kinds that are told beside the verdict, unless they are the finding."""
NEVER_MOVED = "no gradient ever reached the optimizer"
THROWN_FAR = (
    "exploding_gradient",
    "oscillating_loss",
    "badly_scaled",
    "clipping_dominates",
    "dead_relu",
    "saturated",
    "vanishing_gradient",
)
"""What steps by more gradients than one lead to."""
WITHOUT_BOUND = ("exploding_gradient", "oscillating_loss", "badly_scaled", "vanishing_gradient")
"""What a loss that nothing holds from below leads to."""
EXPLAINS = {
    W.NEVER_ZEROED: THROWN_FAR,
    W.LEFT_OVER: THROWN_FAR,
    W.RELU_LOGITS: ("dead_relu", "vanishing_gradient"),
    W.UNNORMALISED: WITHOUT_BOUND,
    W.REVERSED_SCALE: WITHOUT_BOUND,
}
"""What else is no more than a consequence; of the other kinds faint gradients are."""


ENDS_OF_SWINGS = ("dead_relu", "saturated", "vanishing_gradient")
VAGUE = ("plateau", "not_learning", "vanishing_gradient")
"""What has another cause where most of the net may not move."""


YET_NOTHING = "gradients flow, and yet nothing is learned"
"""What is said of a plateau that nothing else explains."""
BY_OWN_BACKWARD = ("exploding_gradient", "oscillating_loss", *VAGUE)
"""What a gradient that is not that of the loss may be the cause of."""


def _kind(facts: Facts) -> str:
    seen = dict(facts.info.wiring)
    return next((kind for kind in CAUSES if kind in seen), "")


def miswired(reading: Reading) -> Finding | None:
    """Something that is wrong for certain, in a run that has not learned in spite of it."""
    if reading.critic and _kind(reading.facts) not in UNTOLD:
        return None
    if reading.blind or reading.seen < T.MISWIRED_STEPS:
        return None
    if not _kind(reading.facts) or _learned(reading):
        return None
    floor = "" if np.isnan(reading.chance) else f"; {reading.guess_words}"
    if _kind(reading.facts) == W.MOSTLY_PADDING:
        floor = f"; to know what is padding, and no more, costs {norm(reading.constant)}"
    return _finding(
        reading,
        f"after {reading.seen:,} steps the loss is {norm(reading.loss)} (first "
        f"{norm(reading.start_loss)}{floor})",
    )


def blown_up_by_wiring(before: Reading) -> Finding | None:
    """Of a run that has grown until it was not finite: gradients that add up do that."""
    if _kind(before.facts) != W.NEVER_ZEROED:
        return None
    made = _finding(before, f"the loss was {norm(before.loss)} before it stopped being finite")
    return replace(made, severity=Severity.CRITICAL)


def _finding(reading: Reading, losses: str) -> Finding:
    kind = _kind(reading.facts)
    words = "; ".join(text for name, text in reading.facts.info.wiring if name in CAUSES)
    symptom = OTHERWISE.get(kind, SYMPTOM)
    return Finding(symptom, Severity.WARNING, 0, f"{words}; {losses}", *CAUSES[kind])


def _learned(reading: Reading) -> bool:
    if _kind(reading.facts) in UNTOLD:
        return False
    if reading.converged and reading.loss < T.MISWIRED_LEARNED * reading.reference_loss:
        return True  # and has not lost it since
    if _kind(reading.facts) in (W.PROBABILITIES, W.WIDE_TARGETS, W.DROPPED_PASSES):
        return False  # it is no divergence, and no cross entropy, or the losses of one part alone
    if _kind(reading.facts) == W.UNALIGNED and not reading.loss > 0:
        return False
    if _kind(reading.facts) == W.UNNORMALISED:
        # Of probabilities it is the mean for the right class: by that one learns as well, if less sure.
        return -1 <= reading.level < T.RIGHT_BY_SHARES
    if reading.signed:
        return reading.learned
    if reading.above_the_mean:
        return False
    if _kind(reading.facts) == W.RELU_LOGITS and reading.below_guessing:
        return True  # evidence may be meant to be for something and never against it
    if _kind(reading.facts) == W.NEVER_ZEROED and _lost_again(reading):
        return False
    if _kind(reading.facts) == W.ORDERED_LABELS:  # of one class at a time the loss is small soon
        late = reading.losses[-len(reading.losses) // 3 :]
        forgets = np.nanquantile(late, T.FORGETS_AT) > reading.chance
        return not forgets and reading.level < T.MISWIRED_LEARNED * reading.reference_loss
    by_heart = _kind(reading.facts) == W.SCRAMBLED_SCORES
    enough = T.SCRAMBLED_LEARNED if by_heart else T.MISWIRED_LEARNED
    return reading.loss < enough * reading.reference_loss


def _lost_again(reading: Reading) -> bool:
    """The loss had come down, and is on its way up again: sums of gradients overshoot in the end."""
    losses = reading.losses[np.isfinite(reading.losses)]
    parts = [median(part) for part in np.array_split(losses, T.LOST_AGAIN_PARTS) if len(part)]
    least = T.LOST_AGAIN_AT_LEAST * reading.reference_loss
    return bool(parts) and parts[-1] > max(T.LOST_AGAIN * min(parts), least)


def no_gradients(reading: Reading) -> Finding | None:
    """Steps are taken, and not one of them had a gradient to go by."""
    facts = reading.facts
    told = dict(facts.info.wiring).get(W.NO_GRADIENTS, "")
    if reading.part < 1 and (orphaned := _orphaned(reading)) is not None:
        return orphaned
    if reading.critic or reading.seen < (3 if told else T.STILL_STEPS):
        return None
    if reading.blind or not len(facts.layout.tensors):
        return None
    others = dict(facts.info.wiring).get(W.OTHERS_TRAINED, "")
    if (reading.learned or reading.falling) and not others:
        return None  # updates are made by other ways
    if not np.isnan(facts.grads[:, :, Grad.NONFINITE]).all() or _moved(facts):
        return None
    if _of_others(facts):
        return None
    why = (
        others
        or told
        or (
            "zero_grad() is called between backward() and step(), or the loss was made of a copy without "
            "its history"
        )
    )
    return Finding(
        SYMPTOM if others else "output_cannot_change",
        Severity.CRITICAL,
        int(facts.steps[0]),
        f"none of {len(facts.layout.tensors)} tensors has had a gradient at any of {len(facts)} steps, "
        f"loss {norm(reading.loss)} (first {norm(reading.start_loss)})",
        f"{NEVER_MOVED}: {why}",
        choices.NOT_STEPPED if others else _of_no_gradients(told),
    )


def _of_no_gradients(told: str) -> tuple[Remedy, ...]:
    """Clearing comes last where none of them ever came."""
    here = choices.NO_GRADIENTS
    return (*here[1:], here[0]) if told and "zero_grad()" not in told else here


def _and_others(names: tuple[str, ...]) -> str:
    return f"{names[0]}{' and others' if len(names) > 1 else ''}"


def _orphaned(reading: Reading) -> Finding | None:
    """One of several optimizers that take turns: it has had no gradient at any step, although its tensors
    require one."""
    facts = reading.facts
    if reading.seen < T.ORPHANED_STEPS or not len(facts.weights_at):
        return None
    if not np.isnan(facts.grads[:, :, Grad.NONFINITE]).all() or _moved(facts):
        return None
    known = np.isfinite(facts.weights[facts.weights_at][..., Weight.NORM])
    mine = np.asarray(known.any(axis=0)).tolist()
    tensors = [t for t, own in zip(facts.layout.tensors, mine, strict=True) if own]
    if not tensors or not all(t.requires_grad is True for t in tensors):
        return None
    rows = sorted({t.row for t in tensors})
    names = reading.names(rows)
    return Finding(
        SYMPTOM,
        Severity.WARNING,
        int(facts.steps[0]),
        f"the optimizer of {_and_others(names)} has taken {reading.seen:,} "
        f"steps, and none of its {len(tensors)} tensors has had a gradient at any of them; the others have",
        "the loss of this side does not hang on what it trains: it is made of a copy without its history "
        "(detach(), no_grad(), .data), such as the other side's answer to a detached input",
        choices.CUT_OFF,
        tuple(rows),
        names,
    )


def stale_gradients(reading: Reading) -> Finding | None:
    """Gradients that are the same to the bit from step to step, while losses differ: no backward pass makes
    them any more, and nothing clears them."""
    facts, at = reading.facts, reading.used[-20 * T.STALE_LOOKS :]
    if reading.critic or reading.progress or reading.converged or len(at) < T.STALE_LOOKS:
        return None
    if in_turns(facts.optimizer) or _stands_still(reading):
        return None
    norms = facts.grads[at][..., Grad.NORM]
    known = ~np.isnan(norms).any(axis=0)
    sums = facts.grads[at][..., Grad.SUM][:, known]  # not every step has them
    told = ~np.isnan(sums).any(axis=1)
    if told.sum() < T.STALE_SUMS:
        return None
    same = (norms[:, known] == norms[-1:, known]).all(axis=1)
    same &= ~told | (sums == sums[told][-1]).all(axis=1)
    count = int(np.argmin(same[::-1])) if not same.all() else len(same)
    losses = facts.loss[at[-count:]] if count else np.zeros(0)
    if not known.any() or count < T.STALE_LOOKS or not (norms[-1, known] > 0).any():
        return None
    if not np.isfinite(losses).all() or len(np.unique(losses)) < T.STALE_LOOKS // 2:
        return None
    rows = sorted({facts.layout.tensors[k].row for k in np.flatnonzero(known).tolist()})
    names = reading.names(rows)
    return Finding(
        SYMPTOM,
        Severity.WARNING,
        int(facts.steps[at[-count]]),
        f"gradients of {_and_others(names)} have been the same to the bit at "
        f"{count} measured steps in a row, while losses differ from batch to batch",
        "the optimizer steps parameters that the loss does not hang on any more, by gradients that an "
        "earlier pass has left: a head or a model was made anew after its optimizer, or zero_grad() is "
        "called on something else",
        choices.GRADIENTS_GONE,
        tuple(rows),
        names,
    )


def _stands_still(reading: Reading) -> bool:
    """Whether steps are too short by now to change a weight: the gradient of what is the same in all batches
    stays what it is then."""
    ratios = reading.ratios(reading.used[-20 * T.STALE_LOOKS :])
    known = ratios[~np.isnan(ratios)]
    return bool(len(known)) and float(known.max()) < T.MOVES_NO_WEIGHT


def gradients_gone(reading: Reading) -> Finding | None:
    """Steps went by gradients, and since some step no tensor has had any: the loss is of others."""
    facts = reading.facts
    if reading.critic or reading.blind or reading.part < 1 or reading.converged:
        return None
    if in_turns(facts.optimizer):
        return None  # the steps of one alone may be measured for a while
    present = np.flatnonzero(~np.isnan(facts.grads[..., Grad.NONFINITE]).all(axis=1))
    if not len(present) or present[-1] == len(facts) - 1:
        return None
    since = int(facts.steps[present[-1] + 1])
    steps = reading.used_scalars.steps
    before, after = reading.losses[steps < since], reading.losses[steps >= since]
    if len(after) < T.MISWIRED_STEPS or len(before) < T.WINDOW // 2 or _changed(facts, since):
        return None
    was, now = median(before[-T.WINDOW :]), median(after[-T.WINDOW :])
    if reading.learned and len(before) > 2 * T.AT_REST_BEFORE:
        *_, earlier, late = np.array_split(before[-2 * T.AT_REST_BEFORE :], 2)
        if not median(late) < T.STILL_THE_SAME * median(earlier):
            return None  # what was to be learned was learned by then
    half = len(after) // 2
    moves = median(after[half:]) < T.STILL_THE_SAME * median(after[:half])
    if now < T.CAME_DOWN * was or (moves and not now > T.LEARNED_LOSS * was):
        return None  # it comes down by another way
    return Finding(
        SYMPTOM,
        Severity.CRITICAL,
        since,
        f"none of {len(facts.layout.tensors)} tensors has had a gradient at any of {len(after)} steps since "
        f"step {since:,}, and no weight has changed; the loss was {norm(was)} before, and is {norm(now)}",
        "the optimizer steps parameters that the loss does not hang on any more: a model was made anew "
        "(resumed, copied, moved), and its optimizer was not",
        choices.GRADIENTS_GONE,
    )


def _changed(facts: Facts, since: int) -> bool:
    """Whether any step from there on is known to have changed a weight."""
    updates = facts.weights[facts.steps >= since][..., Weight.UPDATE]
    return bool((updates[np.isfinite(updates)] > 0).any())


def _moved(facts: Facts) -> bool:
    """Some optimizers find gradients elsewhere than torch keeps them."""
    updates = facts.weights[..., Weight.UPDATE]
    return bool((updates[np.isfinite(updates)] > 0).any())


def _of_others(facts: Facts) -> bool:
    """Whether these steps were of tensors that are not in the layout, which came later: nothing is
    known of their gradients."""
    sizes = facts.weights[facts.weights_at][..., Weight.NORM]
    return bool(sizes.size) and bool(np.isnan(sizes).all())


def mostly_frozen(facts: Facts) -> str:
    """Where most tensors that the optimizer was given require no gradient, which; else ""."""
    tensors = facts.layout.tensors
    still = [t.name for t in tensors if t.requires_grad is False]
    if 2 * len(still) <= len(tensors):
        return ""
    return (
        f"{len(still)} of the {len(tensors)} tensors that the optimizer was given are frozen "
        f"(requires_grad is False), such as {still[0]}: they never get a gradient"
    )


def without_consequences(first: dict[str, Finding], facts: Facts) -> dict[str, Finding]:
    """`first`, by symptom, less what wrong wiring explains, which is then as bad as the worst of it;
    a plateau beside parameters that nobody steps is put down to them."""
    found = dict(first)
    if SYMPTOM in found:
        reversed_scale = W.REVERSED_SCALE if W.REVERSED_SCALE in dict(facts.info.wiring) else ""
        gone = EXPLAINS.get(_kind(facts) or reversed_scale, ("vanishing_gradient",))
        worst = [found.pop(symptom).severity for symptom in gone if symptom in found]
        severity = max([found[SYMPTOM].severity, *worst])
        found[SYMPTOM] = replace(found[SYMPTOM], severity=severity)
    swings = found.get(OTHERWISE[W.ORDERED_LABELS])
    if swings is not None and swings.remedies == choices.ORDERED_LABELS:
        # What is thrown from class to class ends where no unit answers.
        worst = [found.pop(symptom).severity for symptom in ENDS_OF_SWINGS if symptom in found]
        found[swings.symptom] = replace(swings, severity=max([swings.severity, *worst]))
    if SYMPTOM in found and W.FLAT_OPERATION in dict(facts.info.wiring):
        for symptom in ("dead_relu", "saturated", "vanishing_gradient"):
            found.pop(symptom, None)  # zeros that it has made
    left = dict(facts.info.wiring).get(W.NOT_STEPPED)
    if left and "plateau" in found:
        found["plateau"] = replace(
            found["plateau"],
            cause=f"parameters that get gradients belong to no optimizer: they stay as they are ({left})",
            remedies=choices.NOT_STEPPED,
        )
    same = dict(facts.info.wiring).get(W.SAME_ANSWERS)
    withered = "plateau" in found and found["plateau"].remedies == choices.WITHERED
    if same and "plateau" in found and not withered:
        found["plateau"] = replace(
            found["plateau"],
            cause=f"{same}, whatever goes in: something takes a mean, a softmax or the like over the "
            "dimension of the batch (dim=0), or spreads one answer over it, or all that goes in is the same",
            remedies=choices.SAME_ANSWERS,
        )
    still = mostly_frozen(facts)
    for symptom in VAGUE if still else ():
        if symptom in found:
            found[symptom] = replace(found[symptom], cause=still, remedies=choices.MOSTLY_FROZEN)
    return found


def killed_by_one_input(first: dict[str, Finding], facts: Facts) -> bool:
    """Whether units died after a start at which all examples had the same answer already: for one example
    steps soon leave only those units that it needs."""
    if "plateau" not in first or "dead_relu" not in first:
        return False
    same = W.SAME_ANSWERS in dict(facts.info.wiring)
    return same and first["dead_relu"].first_step > int(facts.steps[0]) + T.STARTING


def explained(finding: Finding, facts: Facts) -> Finding:
    """`finding` with what the first steps have shown for a cause: of steps that are too long, losses
    that add up; of clipping that leaves nothing, a loss scale that was still in the gradients."""
    seen = dict(facts.info.wiring)
    if W.CLIPPED_SCALED in seen and finding.symptom == CAUSE_OF[W.CLIPPED_SCALED]:
        return replace(
            finding,
            cause=f"{seen[W.CLIPPED_SCALED]}: scaler.unscale_(optimizer) has not been called by then, "
            "and what is left of a step is divided by that scale once more",
            remedies=choices.CLIPPED_SCALED,
        )
    if W.UNALIGNED in seen and finding.symptom == CAUSE_OF[W.UNALIGNED]:
        cause, remedies = CAUSES[W.UNALIGNED]
        return replace(finding, cause=f"{seen[W.UNALIGNED]}; {cause}", remedies=remedies)
    if W.GROWING_TARGETS in seen and finding.symptom == CAUSE_OF[W.GROWING_TARGETS]:
        return replace(
            finding,
            cause=f"{seen[W.GROWING_TARGETS]}: no data does that. The net makes them itself (of its next "
            "value, with a discount of 1 or more, or not cut off at the end) and they run away from it, or "
            "steps are too long",
            remedies=choices.GROWING_TARGETS,
        )
    if W.OWN_BACKWARD in seen and finding.symptom in BY_OWN_BACKWARD:
        finding = replace(
            finding,
            cause=f"{finding.cause}; or the backward of {seen[W.OWN_BACKWARD]}, which was written by hand, "
            "is not that of its forward (what gradcheck tells)",
            remedies=tuple(dict.fromkeys((*finding.remedies, *choices.OPERATION_OWN))),
        )
    if W.MOVED_BETWEEN in seen and finding.cause == YET_NOTHING:
        return replace(
            finding,
            cause=f"{seen[W.MOVED_BETWEEN]}: a perturbation that is not taken back (as of sharpness-aware "
            "steps), averages, noise, a second update by hand",
            remedies=tuple(dict.fromkeys((*choices.STEPS_UNDONE, *finding.remedies))),
        )
    shorter = any(remedy in choices.SHORTER_STEPS for remedy in finding.remedies)
    momentum = dict(facts.info.settings).get("momentum", 0.0)
    if T.LONGER_MEMORY <= momentum < 1 and shorter:
        return replace(
            finding,
            cause=f"momentum {momentum:g} adds up some {1 / (1 - momentum):,.0f} gradients: steps are as "
            f"long as with a learning rate that many times larger; {finding.cause}",
            remedies=tuple(dict.fromkeys((LOWER_LR_OR_MOMENTUM, *finding.remedies))),
        )
    if W.UNDIVIDED in seen and shorter:
        return replace(
            finding,
            cause=f"{seen[W.UNDIVIDED]}: steps are that many times as long as those of one batch; "
            f"{finding.cause}",
            remedies=choices.UNDIVIDED + finding.remedies,
        )
    return finding


def wiring_notes(facts: Facts, found: list[Finding]) -> list[str]:
    """What was seen and is not told as a finding."""
    said = {finding.symptom for finding in found}
    left_out = any(kind in (W.LEFT_OUT, W.UNREGISTERED) for kind, _ in facts.info.wiring)
    out = []
    for kind, words in facts.info.wiring:
        if CAUSE_OF.get(kind) in said:
            continue
        if kind == W.CLIPPED_SCALED:
            out.append(f"odd wiring: {words}")
        elif kind == W.NOT_STEPPED and "plateau" not in said and not left_out:
            out.append(f"{words} with gradients that no optimizer stepped at the start")
        elif kind == W.OWN_BACKWARD and found:
            out.append(
                f"the backward of {words} was written by hand: torch.autograd.gradcheck tells whether "
                "it is that of its forward"
            )
        elif kind == W.LOST_BATCH:
            out.append(words)
        elif (kind in APART and OTHERWISE.get(kind, SYMPTOM) not in said) or (
            kind in WRITTEN and not said
        ):
            out.append(f"odd wiring: {words}")
    return out
