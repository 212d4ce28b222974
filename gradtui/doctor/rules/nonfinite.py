"""NaN and infinity: in which phase, where, and whether half precision is to blame."""

import numpy as np

from gradtui.core.autopsy import Autopsy
from gradtui.core.facts import Facts
from gradtui.core.layout import BoolArray
from gradtui.core.snapshot import Grad, NonFinite, Weight
from gradtui.core.symptom import Severity
from gradtui.doctor import thresholds as T
from gradtui.doctor.finding import Finding
from gradtui.doctor.reading import Reading
from gradtui.doctor.remedies import choices
from gradtui.doctor.remedy import Remedy
from gradtui.doctor.rules.operation_headlines import headline
from gradtui.doctor.rules.operation_remedies import operation_remedies
from gradtui.doctor.rules.undefined_operations import (
    BETWEEN_CAUSE,
    between,
    forward_cause,
    in_loss,
    undefined,
)
from gradtui.doctor.words import norm, percent

SYMPTOM = "nonfinite"
PHASES = {
    "data": "the batch itself held it",
    "backward": "outputs and loss are finite; the gradient became undefined on its way back",
    "weights": "loss and gradients were finite before: a step that is too long, the optimizer's own "
    "arithmetic, or code that writes to weights left one that is not",
}
TORCHS = frozenset(
    (
        *(
            "SGD",
            "Adam",
            "AdamW",
            "NAdam",
            "RAdam",
            "Adamax",
            "Adadelta",
            "Adagrad",
            "ASGD",
            "RMSprop",
        ),
        *("Rprop", "LBFGS", "SparseAdam", "Adafactor", "Muon"),
    )
)
"""Optimizers of torch."""
REMEDIES = {
    "data": choices.NONFINITE_DATA,
    "forward": choices.NONFINITE_FORWARD,
    "backward": choices.NONFINITE_BACKWARD,
    "weights": choices.NONFINITE_WEIGHTS,
}


def first_seen(facts: Facts) -> NonFinite | None:
    """Where the first NaN or infinity showed, by the record and by its losses.

    Gradients that are NaN with a loss that is NaN come from the forward pass. A loss that is NaN
    from some step on, and was a number before, is broken even where gradients stay finite; one that
    was never known is not.
    """
    seen = facts.first_nonfinite
    known = np.isfinite(facts.loss)
    if seen is not None:
        at = np.flatnonzero(facts.steps == seen.step)
        told = bool(known[: int(at[0])].any()) if len(at) else False
        lost = len(at) > 0 and not known[int(at[0])] and (told or np.isinf(facts.loss[int(at[0])]))
        if seen.phase == "backward" and lost:
            return NonFinite(seen.step, "forward", "", "loss", seen.autopsy)
        return seen
    if facts.info.logged is not None:  # its NaNs are told; a loss that is not there was not logged
        return None
    missing = ~known & ~facts.skipped
    if missing[-T.LOST_LOSSES :].all() and len(facts) > T.LOST_LOSSES:
        first = int(np.flatnonzero(~missing)[-1]) + 1 if not missing.all() else 0
        if first > 0 and known[:first].mean() > T.DEAD_SHARE:
            return NonFinite(int(facts.steps[first]), "forward", "", "loss")
    return None


def outgrown(facts: Facts) -> BoolArray:
    """[steps] where half-precision gradients were not finite, and nothing came of it: losses and weights
    always were, and nearly all later gradients. So a scaler works that somebody has written: it throws such
    steps away and makes the loss smaller. All False where that is not so."""
    none = np.zeros(len(facts), np.bool_)
    seen = facts.first_nonfinite
    half = "float16" in facts.info.precision.replace("bfloat16", "")
    if seen is None or seen.phase != "backward" or not half or facts.info.logged is not None:
        return none
    counts = np.nan_to_num(facts.grads[:, :, Grad.NONFINITE])
    broken: BoolArray = np.asarray((counts > 0).any(axis=1))
    later = facts.steps > seen.step
    measured = later & ~np.isnan(facts.grads[:, :, Grad.NONFINITE]).all(axis=1)
    if measured.sum() < T.OUTGROWN_STEPS or broken[measured].mean() > T.OUTGROWN_SHARE:
        return none
    weights = facts.weights[facts.weights_at][:, :, Weight.NONFINITE]
    if (np.nan_to_num(weights) > 0).any() or np.isinf(facts.loss).any():
        return none
    known = np.isfinite(facts.loss[facts.steps >= seen.step])
    return broken if known.all() else none


def nonfinite(before: Reading, facts: Facts) -> Finding | None:
    """The first NaN or infinity that no loss scaler has kept from the weights, or could have."""
    seen = facts.first_nonfinite
    if seen is None:
        return None
    found = seen.autopsy if seen.autopsy is not None and seen.autopsy.known else None
    phase = found.phase if found is not None and found.phase in REMEDIES else seen.phase
    half = before.half if found is None or found.float32_would_hold is None else False
    half = half or (found is not None and found.float32_would_hold is True)
    cause = forward_cause(seen, found) if phase == "forward" else PHASES[phase]
    if phase == "forward" and found is not None:
        cause = headline(found, _where(found)) or cause
    unseen = _unseen(seen, facts) if phase == "weights" else 0
    if unseen and _sound_until(seen, facts):
        cause = (
            f"the losses until step {seen.step:,} were finite, and the next was not: gradients or the update "
            "of that step became NaN or infinite, and were not looked at (with --catch-nan every step is)"
        )
    elif unseen:
        cause = (
            f"the {unseen} steps before it were not looked at: in one of them loss, gradients or update "
            "became NaN or infinite (with --catch-nan every step is looked at)"
        )
    grown = _grown(before)
    remedies = REMEDIES[phase]
    if (
        phase == "weights" and not unseen
    ):  # gradients were finite: to look out for others is no help
        remedies = choices.NONFINITE_WRITTEN
    if facts.info.logged is not None:
        cause = f"{_logged_cause(seen, facts)}; where it began is not in the log"
    if half:
        cause += f"; half precision holds nothing above {T.HALF_LARGEST:.0f}"
        remedies = choices.NONFINITE_HALF_GROWN if grown else choices.NONFINITE_HALF
        if grown:
            cause += ", and steps that are too long made the numbers grow"
    elif phase == "forward":
        remedies = _forward_remedies(seen, found, grown=grown)
    elif phase == "backward" and between(seen):
        cause, remedies = BETWEEN_CAUSE, choices.NONFINITE_BETWEEN
    elif phase == "backward" and found is not None:
        cause = headline(found, _where(found)) or cause
        remedies = operation_remedies(found) + choices.NONFINITE_BACKWARD[1:]
    elif phase == "data" and found is not None and found.tensor == "constant":
        cause = (
            "a tensor without a gradient held it: a weight, a mask, what targets were made into (log, atanh, "
            "a division), or values that were divided by their standard deviation (NaN of a single one)"
        )
        remedies = choices.NONFINITE_CONSTANT
    elif phase == "weights" and _own_optimizer(facts) and not _louder(before):
        cause = (
            "loss and gradients were finite before, and no larger than at first: the arithmetic of an "
            "optimizer that is not torch's own, or code that writes to weights, left one that is not"
        )
        remedies = choices.NONFINITE_OWN_OPTIMIZER
    if _missed(seen, facts):
        remedies = choices.NONFINITE_MISSED + remedies
    rows = tuple(i for i, row in enumerate(facts.layout.rows) if row.name == seen.module)
    names = tuple(facts.layout.rows[r].name for r in rows)
    if not rows and found is not None and found.module:
        names = (found.module,)  # a module without weights has no row
    return Finding(
        SYMPTOM,
        Severity.CRITICAL,
        seen.step,
        _evidence(seen, before, facts),
        cause,
        remedies,
        rows,
        names,
    )


def _logged_cause(seen: NonFinite, facts: Facts) -> str:
    """What a log tells: the value, and whether it came back."""
    what, values = ("gradient norm", facts.total_norm)
    if seen.phase == "forward":
        what, values = ("loss", facts.loss)
    again = bool(np.isfinite(values[facts.steps > seen.step]).any())
    how = "there, and a number again after it" if again else "from there on"
    return f"the logged {what} is NaN or infinite {how}"


def _sound_until(seen: NonFinite, facts: Facts) -> bool:
    """Whether the losses of all steps until then were finite: on a CPU each of them is looked at, and the
    weights were by the first that was not."""
    known = seen.autopsy is not None and seen.autopsy.known and seen.autopsy.phase == "weights"
    return known and facts.info.device.startswith("cpu")


def _own_optimizer(facts: Facts) -> bool:
    """Whether any is none of torch's."""
    words = [word.strip() for word in facts.info.optimizer.split(",")]
    return any(word and word.split()[0] not in TORCHS and word[:1].isupper() for word in words)


def _missed(seen: NonFinite, facts: Facts) -> bool:
    """Whether more would be known if every step had been looked at before its update: of a NaN in
    the weights, or of one whose origin is unknown."""
    if seen.autopsy is not None and seen.autopsy.known and seen.phase != "weights":
        return False
    return _unseen(seen, facts) > 0 or not facts.info.device.startswith("cpu")


def _where(found: Autopsy) -> str:
    if not found.module:
        outside = found.tensor in ("loss", "gradient of the output", "targets")
        if outside and not found.reproduced:
            return ""  # going by the graph alone it may be in the model
        return "the loss function" if outside else found.kind
    return f"{found.module} ({found.kind})" if found.kind else found.module


def _forward_remedies(seen: NonFinite, found: Autopsy | None, *, grown: bool) -> tuple[Remedy, ...]:
    """Shorter steps only where numbers have grown; a module only where one is named."""
    shorter = choices.NONFINITE_FORWARD[1:] if grown and not undefined(found) else ()
    if found is not None and found.phase == "forward" and (known := operation_remedies(found)):
        return known + shorter
    look = choices.NONFINITE_LOSS if in_loss(seen, found) else choices.NONFINITE_FORWARD
    return look[:1] + shorter


def _evidence(seen: NonFinite, before: Reading, facts: Facts) -> str:
    """Where it showed, what running the step once more has found out, and what came before."""
    parts = [
        f"{seen.phase} at step {seen.step:,}, first in {seen.module or 'the loss'} ({seen.tensor})"
    ]
    if facts.info.logged is not None:
        of = "the gradient norm of " if seen.module else ""
        parts = [f"NaN or infinity in {of}{seen.tensor} at step {seen.step:,}"]
    found = seen.autopsy
    if found is not None and found.words:
        when = f"{seen.phase} at step {seen.step:,}"
        parts = [f"{when}: {found.words}"] if found.known else [*parts, found.words]
    if len(before.used) and np.isfinite(before.total[before.used[-1]]):
        total = float(before.total[before.used[-1]])
        parts.append(f"the last finite total gradient norm was {norm(total)}")
    if scale := _scale_of_a_skipped(seen, facts):
        parts.append(f"a loss scale of {norm(scale)} did not help")
    return "; ".join(parts)


def _scale_of_a_skipped(seen: NonFinite, facts: Facts) -> float:
    """Of the step in which it was seen, where a loss scaler threw that away; else 0."""
    at = np.flatnonzero(facts.steps == seen.step)
    return float(facts.loss_scale[at[0]]) if len(at) and facts.skipped[at[0]] else 0.0


def _unseen(seen: NonFinite, facts: Facts) -> int:
    """Steps without a record just before what was seen."""
    before = facts.steps[facts.steps < seen.step]
    if len(before) < 2:
        return 0
    usual = int(np.diff(before[: T.WINDOW]).min())  # more than 1 where optimizers take turns
    return (seen.step - int(before[-1])) // usual - 1


def _grown(before: Reading) -> bool:
    """Whether norms had grown, or steps were long, when the first NaN came: the learning rate."""
    return len(before.used) > 1 and (_louder(before) or before.largest_ratio > T.MOVED)


def _louder(before: Reading) -> bool:
    norms = before.total[before.used]
    return len(norms) > 1 and float(norms[-T.UNDEFINED :].max()) > T.GROWTH * float(norms[0])


def scaler_stuck(reading: Reading) -> Finding | None:
    """A loss scaler that goes on skipping steps, or has come down to protecting nothing."""
    facts = reading.facts
    scalars = facts.scalars
    recent = scalars.skipped[-T.SCALER_STEPS :]
    if reading.seen < T.SCALER_STEPS or not recent.any():
        return None
    share = float(np.mean(recent))
    scale = float(facts.loss_scale[-1])
    if share < T.SCALER_SKIPPED and not scale < T.SCALER_FLOOR:
        return None
    losses = np.abs(facts.loss[np.isfinite(facts.loss)])
    odd = len(losses) > 0 and float(np.median(losses[:5])) > T.BAND_HIGH
    return Finding(
        SYMPTOM,
        Severity.CRITICAL,
        reading.since(facts.skipped) if recent.all() else int(scalars.steps[-len(recent)]),
        f"{percent(share)} of the last {len(recent)} steps were skipped, loss scale {norm(scale)}",
        "gradients overflow whatever the loss scale is: the overflow is not of the scaler's making"
        + ("; the loss itself is a huge number, as its targets are" if odd else ""),
        choices.SCALER_STUCK_SCALE if odd else choices.SCALER_STUCK,
    )


def calibrating(reading: Reading) -> str:
    """A note on skipped steps that are a loss scaler's normal business, and on those among them that are
    not; "" where there are none."""
    facts = reading.facts
    scalars = facts.scalars
    count = int(scalars.skipped.sum())
    if not count or scaler_stuck(reading) is not None:
        return ""
    note = (
        f"the loss scaler skipped {count} of {len(scalars)} steps while it found its scale "
        f"(now {facts.loss_scale[-1]:g}): normal"
    )
    # The scale is no part of the loss: what is lost in it is lost on the way to it.
    lost = scalars.steps[scalars.skipped & ~np.isfinite(scalars.loss)]
    if not len(lost) or not np.isfinite(scalars.loss).any():
        return note
    which = (
        f"step {lost[0]:,}" if len(lost) == 1 else f"{len(lost)} of them, first step {lost[0]:,}"
    )
    return f"{note}; but the loss itself was NaN or infinite at {which}, where no scale helps"
