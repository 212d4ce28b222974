"""Learning rates that let each step change layers by a good part of themselves, hundreds of steps on."""

import numpy as np

from gradtui.core.symptom import Severity
from gradtui.core.wiring import UNDIVIDED
from gradtui.doctor import thresholds as T
from gradtui.doctor.finding import Finding
from gradtui.doctor.reading import Reading
from gradtui.doctor.remedies import choices
from gradtui.doctor.robust_statistics import median, spread
from gradtui.doctor.words import norm, percent


def oversized_steps(reading: Reading) -> Finding | None:
    """Late in the run most layers still change so much in each step that nothing holds what was learned: the
    loss has been far lower than it is, or nothing was learned at all. Where several losses were added up for
    a step, and not divided, it is enough that the loss is above where it began."""
    if reading.critic or reading.signed or reading.game or reading.blind or reading.start_unknown:
        return None
    undivided = UNDIVIDED in dict(reading.facts.info.wiring)
    coming_down = reading.falling and not undivided
    if reading.seen < T.OVERSIZED_STEPS or coming_down or reading.too_still:
        return None
    late = reading.used[reading.used >= len(reading.facts) // 2]
    ratios = reading.ratios(late)
    known = ratios[~np.isnan(ratios)]
    if not len(known):
        return None
    typical = float(np.median(known))
    losses = reading.losses[np.isfinite(reading.losses)]
    if len(losses) < T.OVERSIZED_STEPS:
        return None
    parts = np.array_split(losses, T.OVERSIZED_PARTS)
    levels = [median(part) for part in parts]
    at = int(np.argmin(levels))
    best, now = levels[at], levels[-1]
    if not best > 0:
        return None
    worse = now > T.OVERSIZED_WORSE * best and now > T.OVERSIZED_LEFT * reading.reference_loss
    summed = undivided and worse and now > reading.begun
    # Of a task that becomes harder the loss rises as well, but does not jump about more than it did.
    jumps = [spread(part) / median(part) for part in (parts[at], parts[-1])]
    worse &= jumps[1] > T.OVERSIZED_JUMPS * jumps[0]
    mean = reading.facts.info.mean_loss
    # What begins at its best, and better than any constant, has nothing to learn.
    nothing = not reading.learned and not (mean and not reading.above_the_mean)
    if not (summed or (typical > T.OVERSIZED and worse) or (typical > T.OVERSIZED_FAR and nothing)):
        return None
    lower = worse or summed
    before = f", in the best {len(losses) // T.OVERSIZED_PARTS} steps {norm(best)}" if lower else ""
    return Finding(
        "oscillating_loss",
        Severity.WARNING,
        int(reading.used_scalars.steps[at * len(losses) // T.OVERSIZED_PARTS]),
        f"in the middle each step changes a layer by {percent(typical)} of itself; the loss is {norm(now)} "
        f"(first {norm(reading.start_loss)}{before})",
        "the learning rate is too large for these layers: what one step has learned the next ones undo",
        choices.OSCILLATING_LOSS,
    )
