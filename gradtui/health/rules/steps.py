"""What the steps themselves say: clipping, scale, oscillation, standing still."""

import numpy as np

from gradtui.core.symptom import Severity
from gradtui.health import thresholds as T
from gradtui.health.advice import ADVICE
from gradtui.health.finding import Finding
from gradtui.health.reading import Reading
from gradtui.health.words import norm, percent


def clipping_dominates(reading: Reading) -> Finding | None:
    """More than half of the steps are shortened to less than half."""
    factors = reading.facts.clip_coefficient[reading.used]
    factors = factors[np.isfinite(factors)][-5 * T.CLIPPING_STEPS :]
    if len(factors) < T.CLIPPING_STEPS:
        return None
    clipped = factors < T.CLIPPED
    share = float(clipped.mean())
    if share <= T.CLIPPED_SHARE:
        return None
    typical = float(np.median(factors[clipped]))
    if typical > (T.CLIPPED_HARD_ADAPTIVE if reading.adaptive else T.CLIPPED_HARD):
        return None
    return Finding(
        "clipping_dominates",
        Severity.WARNING,
        int(reading.facts.steps[reading.used[int(np.argmax(clipped))]]),
        f"{percent(share)} of the last {len(factors)} steps were clipped, to {percent(typical)} of "
        "their length in the middle",
        "the threshold, not the gradient, sets the step: clipping is rescuing a learning rate that "
        "is too big",
        ADVICE["clipping_dominates"],
    )


def badly_scaled(reading: Reading) -> Finding | None:
    """Huge gradients that neither grow nor hurt: the loss or its targets are in odd units."""
    if reading.facts.info.task != "regression":
        return None
    if reading.seen < T.BADLY_SCALED_STEPS:
        return None
    norms = reading.facts.total_norm
    now = float(np.median(norms[reading.now]))
    if now < T.BAND_HIGH:
        return None
    start = reading.start_loss
    if not T.BADLY_SCALED_FALL * start < reading.loss < 1.5 * start:
        return None
    return Finding(
        "badly_scaled",
        Severity.WARNING,
        reading.since(norms > T.BAND_HIGH),
        f"total gradient norm {norm(now)} and loss {norm(reading.loss)}, neither diverging nor "
        "getting anywhere soon",
        "the targets or the loss are large numbers, and so is every gradient; nothing diverges",
        ADVICE["badly_scaled"],
    )


def oscillating_loss(reading: Reading) -> Finding | None:
    """The loss jumps from step to step by a good part of itself and gets nowhere."""
    if reading.progress or reading.critic or reading.seen < T.OSCILLATION_STEPS:
        return None
    recent = reading.facts.loss[reading.used[-T.OSCILLATION_STEPS :]]
    if len(recent) < T.OSCILLATION_STEPS or (recent <= 0).any():
        return None
    jumps = np.abs(np.diff(np.log(recent)))
    typical = float(np.median(jumps))
    if typical < T.OSCILLATION:
        return None
    return Finding(
        "oscillating_loss",
        Severity.WARNING,
        int(reading.facts.steps[reading.used[-len(recent)]]),
        f"from one step to the next the loss changes by a factor of {np.exp(typical):.1f} in the "
        f"middle, between {norm(float(recent.min()))} and {norm(float(recent.max()))}",
        "each step jumps across the valley: the learning rate is at the edge of what is stable",
        ADVICE["oscillating_loss"],
    )


def output_cannot_change(reading: Reading) -> Finding | None:
    """Every gradient has been exactly zero from the first step on, biases too."""
    facts = reading.facts
    if reading.half or reading.seen < 3 or reading.critic:
        return None
    parameters = facts.layout.parameters
    if (facts.total_norm > 0).any():
        return None
    return Finding(
        "output_cannot_change",
        Severity.CRITICAL,
        int(facts.steps[0]),
        f"all {int(parameters.sum())} gradients are exactly 0 at all {len(facts)} steps, loss "
        f"{norm(reading.loss)}",
        "the loss does not depend on any parameter",
        ADVICE["output_cannot_change"],
    )


def too_small_steps(reading: Reading) -> Finding | None:
    """Gradients are in order, and the learning rate makes nothing of them."""
    if reading.progress or reading.critic or reading.seen < T.TOO_SMALL_STEPS:
        return None
    ratios = reading.update_ratios
    if np.isnan(ratios).all() or float(np.nanmax(ratios)) >= T.TOO_SMALL_RATIO:
        return None
    if not (reading.row_norms > T.BAND_LOW).all():
        return None
    return Finding(
        "plateau",
        Severity.WARNING,
        int(reading.facts.steps[0]),
        f"no layer changes by more than {norm(float(np.nanmax(ratios)))} of itself in a step, while "
        f"gradient norms are {norm(float(reading.row_norms.min()))} to "
        f"{norm(float(reading.row_norms.max()))}",
        "the learning rate is too small: the weights stay where they are",
        ADVICE["too_small_lr"],
        tuple(int(r) for r in reading.rows),
        reading.names(reading.rows),
    )


def plateau(reading: Reading) -> Finding | None:
    """A classifier that still guesses after hundreds of steps."""
    if reading.progress or reading.seen < T.PLATEAU_STEPS or not reading.facts.info.classes:
        return None
    if reading.loss > 1.5 * reading.chance:
        return None
    return Finding(
        "plateau",
        Severity.WARNING,
        int(reading.facts.steps[0]),
        f"after {reading.seen} steps the loss is {reading.loss:.3g}; guessing gives "
        f"{reading.chance:.3g}",
        "gradients flow, and yet nothing is learned",
        ADVICE["plateau"],
    )
