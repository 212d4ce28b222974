"""What the steps themselves say: scale, oscillation, standing still."""

import numpy as np

from gradtui.core import wiring as W
from gradtui.core.layout import FloatArray
from gradtui.core.snapshot import Grad, Weight
from gradtui.core.symptom import Severity
from gradtui.doctor import thresholds as T
from gradtui.doctor.finding import Finding
from gradtui.doctor.gradient_agreement import NOTHING_IN_COMMON, agreement, in_common
from gradtui.doctor.reading import Reading
from gradtui.doctor.remedies import choices
from gradtui.doctor.robust_statistics import median
from gradtui.doctor.rules.explosion_causes import merely_unscaled, summed
from gradtui.doctor.rules.loss_regression import fell_back
from gradtui.doctor.rules.miswired import YET_NOTHING
from gradtui.doctor.rules.not_learning import unrelated
from gradtui.doctor.rules.small_updates import stopped_by_schedule
from gradtui.doctor.rules.units import ZERO_WEIGHTS
from gradtui.doctor.words import norm


def badly_scaled(reading: Reading) -> Finding | None:
    """Huge gradients that neither grow nor hurt: the loss or its targets are in odd units."""
    if reading.critic or reading.blind or reading.seen < T.BADLY_SCALED_STEPS:
        return None
    norms = reading.total
    now = median(norms[reading.now])
    if now < T.BAND_HIGH or not merely_unscaled(reading):
        return None
    if reading.loss < T.BADLY_SCALED_FALL * reading.start_loss and not reading.above_the_mean:
        return None
    # Weights that must grow to make such numbers take the gradient with them; where the loss comes
    # down as it should, the gradient comes down too.
    growing = now > T.BADLY_SCALED_GROWTH * median(norms[reading.used[:5]])
    moving = reading.clearly_lower or reading.falling or reading.half_life < T.BADLY_SCALED_HALF
    if moving and not growing:
        return None
    mean = reading.facts.info.mean_loss
    offset = reading.above_the_mean and reading.start_loss > T.MOSTLY_OFFSET * mean
    total = not offset and summed(reading)
    evidence = (
        f"total gradient norm {norm(now)} and loss {norm(reading.loss)}, neither diverging nor "
        "getting anywhere soon"
    )
    if offset:
        cause = (
            "the targets are large numbers, most of each the same for all of them: at first the loss was "
            f"{norm(reading.start_loss)}, and to answer with their mean costs {norm(mean)}; nothing diverges"
        )
    elif total:
        cause = (
            "the loss is a sum, or weighed by a large number: its slope at the output is steeper than "
            "that of any mean; nothing diverges"
        )
    else:
        cause = (
            "the targets or the loss are large numbers, and so is every gradient; nothing diverges"
        )
    return Finding(
        "badly_scaled",
        Severity.WARNING,
        reading.since(norms > T.BAND_HIGH),
        evidence,
        cause,
        # Adam and its kin divide out whatever the loss is multiplied by.
        choices.BADLY_SUMMED if total and not reading.adaptive else choices.BADLY_SCALED,
    )


def oscillating_loss(reading: Reading) -> Finding | None:
    """The loss jumps from step to step by a good part of itself and gets nowhere."""
    if reading.critic or reading.seen < T.OSCILLATION_STEPS or _gets_somewhere(reading):
        return None
    if reading.alternating:
        return None
    recent = reading.losses[-T.OSCILLATION_STEPS :]
    if len(recent) < T.OSCILLATION_STEPS or reading.signed or not reading.loss > 0:
        return None
    before = median(recent[: -T.WINDOW])
    sane = not before > T.OSCILLATION_WORSE * reading.reference_loss
    if sane and reading.loss > T.OSCILLATION_RISE * before:
        return None  # a rise, and what it rose from jumped on its own level
    jumps = np.diff(np.log(np.maximum(recent, T.OSCILLATION_FLOOR * reading.loss)))
    typical = median(np.abs(jumps))
    bounce = float(np.corrcoef(jumps[1:], jumps[:-1])[0, 1])
    worse = reading.loss > T.OSCILLATION_WORSE * reading.reference_loss
    far = reading.loss > T.IN_TURNS_WORSE * reading.reference_loss
    far |= reading.loss > T.OSCILLATION_WORSE * reading.chance
    if bounce < T.IN_TURNS and not far and _steady_sides(recent):
        return None  # two tasks or kinds of batches in turn
    least = T.OSCILLATION_TO_AND_FRO if worse and bounce < T.OSCILLATION_BOUNCE else T.OSCILLATION
    if typical < least or reading.largest_ratio < T.OSCILLATION_MOVED:
        return None
    if not worse and not bounce < T.OSCILLATION_BOUNCE:
        return None  # noise from batch to batch
    return Finding(
        "oscillating_loss",
        Severity.WARNING,
        int(reading.used_scalars.steps[-len(recent)]),
        f"from one step to the next the loss changes by a factor of {np.exp(typical):.1f} in the "
        f"middle, between {norm(float(recent.min()))} and {norm(float(recent.max()))}",
        "each step jumps across the valley: the learning rate is at the edge of what is stable",
        choices.OSCILLATING_LOSS,
    )


def _steady_sides(losses: FloatArray) -> bool:
    """Whether every other loss is much like the one before the last, while neighbours are far apart."""
    logs = np.log(np.maximum(losses, np.finfo(np.float64).tiny))
    apart = median(np.abs(np.diff(logs)))
    return median(np.abs(logs[2:] - logs[:-2])) < T.SIDES_ALIKE * apart


def _gets_somewhere(reading: Reading) -> bool:
    """Progress, and not only on the way down from where large steps have thrown the loss up to."""
    if reading.learned or reading.blind or reading.start_unknown:
        return True
    return reading.falling and not reading.loss > T.OSCILLATION_WORSE * reading.reference_loss


def output_cannot_change(reading: Reading) -> Finding | None:
    """Every gradient has been exactly zero from the first step on, biases too."""
    facts = reading.facts
    if reading.half or reading.seen < 3 or reading.critic:
        return None
    parameters = facts.layout.parameters & ~np.isnan(facts.grads[:, :, Grad.NORM]).all(axis=0)
    if not parameters.any() or not (facts.total_norm == 0).all():
        return None
    logged = facts.info.logged is not None
    if logged and reading.progress:
        return None  # gradients of 0 have not brought that about: its writer has lost them
    which = (
        "every logged gradient norm is" if logged else f"all {int(parameters.sum())} gradients are"
    )
    if _of_zeros(reading):
        matrices = "all weights that are trained are exactly 0 as well"
        return Finding(
            "vanishing_gradient",
            Severity.CRITICAL,
            int(facts.steps[0]),
            f"{which} exactly 0 at all {len(facts)} steps, and {matrices}; loss {norm(reading.loss)}",
            ZERO_WEIGHTS,
            choices.ZERO_WEIGHTS,
        )
    return Finding(
        "output_cannot_change",
        Severity.CRITICAL,
        int(facts.steps[0]),
        f"{which} exactly 0 at all {len(facts)} steps, loss {norm(reading.loss)}",
        "the loss does not depend on any parameter, the outputs lie where what follows them is flat (a "
        "sigmoid or softmax of huge numbers, a clamp), or gradients are zeroed between backward and step",
        choices.OUTPUT_CANNOT_CHANGE,
    )


def _of_zeros(reading: Reading) -> bool:
    """Whether all matrices that have a gradient are zero: what multiplies one another, as the two of an
    adapter, then stays so."""
    facts, at = reading.facts, reading.facts.weights_at
    if not len(at):
        return False
    trained = ~np.isnan(facts.grads[..., Grad.NORM]).all(axis=0)
    mine = trained & np.array([t.role == "weight" for t in facts.layout.tensors])
    sizes = facts.weights[at[-1], mine, Weight.NORM]
    return len(sizes) > 1 and bool((sizes == 0).all())


def plateau(reading: Reading) -> Finding | None:
    """A classifier that still guesses after hundreds of steps."""
    # Pinned and dead units make answers equal too: where these were looked at they are told themselves.
    looked = len(reading.activations) >= T.ACTIVATION_WINDOW
    same = looked and W.SAME_ANSWERS in dict(reading.facts.info.wiring)
    patience = T.NO_BETTER_STEPS if same else T.PLATEAU_STEPS
    if reading.progress or reading.critic or reading.seen < patience:
        return None
    told = bool(reading.facts.info.classes)
    if not (reading.loss <= 1.5 * reading.chance if told else reading.guessing):
        return None
    if reading.slowly_falling or reading.below_guessing or reading.too_noisy:
        return None
    stopped = stopped_by_schedule(reading)
    if stopped is not None:
        return stopped
    if reading.steeper > T.STEEPER and reading.seen < T.STEEPER_STEPS:
        return None  # on its way
    lost = _lost_again(reading)
    if lost is not None:
        return lost
    common = agreement(reading)
    unfit = not (reading.normed or 1 / T.GAIN_GROWTH < reading.growth < T.GAIN_GROWTH)
    unfit |= reading.start_loss > T.OVERCONFIDENT * reading.chance
    apart = common.none and not (unfit and reading.growth > 0)
    return Finding(
        unrelated(reading) if apart else "plateau",
        Severity.WARNING,
        int(reading.facts.steps[0]),
        f"after {reading.seen:,} steps the loss is {reading.loss:.3g}; {reading.guess_words}"
        + (f"; {in_common(common)}" if common.none else ""),
        f"the first weights multiply signals by {norm(reading.growth)} on their way through: whatever "
        "goes in, much the same comes out"
        if unfit and reading.growth > 0
        else NOTHING_IN_COMMON
        if common.none
        else YET_NOTHING,
        choices.PLATEAU_INIT if unfit else choices.PLATEAU,
    )


def _lost_again(reading: Reading) -> Finding | None:
    """What had been learned is of no use since some step, and no step of the optimizer did that."""
    at = fell_back(reading)
    if at is None:
        return None
    step = int(reading.used_scalars.steps[at.back])
    return Finding(
        "plateau",
        Severity.WARNING,
        step,
        f"the loss was {norm(at.best)} before step {step:,} and has been {norm(at.now)} since; no step "
        "was long enough to do that",
        "the data have changed there: inputs or labels are not what they were",
        choices.DATA_CHANGED,
    )
