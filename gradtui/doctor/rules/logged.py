"""What the log of another tool tells: the size of all gradients together, how the loss goes, and no more."""

import numpy as np

from gradtui.core.logged import NO_NORMS, NOTHING, TOTAL
from gradtui.core.symptom import HEALTHY, TOO_EARLY, UNDECIDED, Severity
from gradtui.doctor import thresholds as T
from gradtui.doctor.finding import Finding
from gradtui.doctor.reading import Reading
from gradtui.doctor.remedies import choices
from gradtui.doctor.robust_statistics import median
from gradtui.doctor.rules.not_learning import no_better
from gradtui.doctor.rules.step_size import badly_scaled, oscillating_loss
from gradtui.doctor.words import norm


def points(reading: Reading) -> int:
    """Logged steps that can be judged: of the loss, or of norms where there is no loss."""
    logged = reading.facts.info.logged
    if logged is None or logged.loss:
        return len(reading.used_scalars)
    return len(reading.used)


def vanishing_in_total(reading: Reading) -> Finding | None:
    """The norm of all gradients together is far below the healthy band, so that of every layer is, and the
    loss does not move."""
    logged = reading.facts.info.logged
    if logged is None or logged.gradients != TOTAL or not logged.loss or reading.progress:
        return None
    if reading.seen < T.PATIENCE or len(reading.now) < T.WINDOW or reading.loss < T.CONVERGED_LOSS:
        return None
    now = median(reading.total[reading.now])
    if not 0 < now < T.BAND_LOW:
        return None
    return Finding(
        "vanishing_gradient",
        Severity.CRITICAL,
        reading.since(reading.total < T.BAND_LOW),
        f"total gradient norm {norm(now)}, so no layer has more, and the loss does not move "
        f"({norm(reading.loss)}, at first {norm(reading.start_loss)})",
        "every layer gets next to nothing: the signal shrinks on its way, or weights have become small; "
        "which layers began it is not in the log",
        choices.VANISHING_UNIFORM,
    )


def badly_scaled_norms(reading: Reading) -> Finding | None:
    """As `badly_scaled`, of a log that has norms."""
    logged = reading.facts.info.logged
    return badly_scaled(reading) if logged is not None and logged.gradients != NOTHING else None


def oscillating_step_by_step(reading: Reading) -> Finding | None:
    """As `oscillating_loss`, of a log that has every step."""
    logged = reading.facts.info.logged
    return oscillating_loss(reading) if logged is not None and logged.every == 1 else None


def log_verdict(reading: Reading) -> tuple[str, str]:
    """(verdict, why it is open), where nothing was found: no layer is called healthy that nobody has seen."""
    logged = reading.facts.info.logged
    assert logged is not None
    count = points(reading)
    if count < T.WINDOW:
        return TOO_EARLY, f"the log has {count} point{'' if count == 1 else 's'}, too few to tell"
    if not logged.loss:
        return UNDECIDED, "no loss in this log, so nothing tells whether it learns"
    stuck = no_better(reading)
    if logged.gradients == NOTHING:
        return UNDECIDED, f"{NO_NORMS}; {stuck or _course(reading)}"
    if len(reading.used) < T.STILL_STEPS:
        taken = len(np.unique(reading.facts.steps[reading.used]))
        return UNDECIDED, f"the log has gradient norms of {taken} steps only"
    if not reading.total[reading.used].any():
        return UNDECIDED, f"every gradient norm in the log is 0, and yet {_course(reading)}"
    stuck = stuck or _collapsed(reading)
    if not stuck and not (reading.learned or reading.falling):
        stuck = f"{_course(reading)}, which may be all that there is to learn, or little of it"
    return (UNDECIDED, stuck) if stuck else (HEALTHY, "")


def _collapsed(reading: Reading) -> str:
    """A clause where norms are next to nothing beside what they once were: so it is where a step has ruined
    a net, and where a huge loss has come down."""
    norms = reading.total[reading.used]
    peak, now = float(norms.max()), median(norms[-T.WINDOW :])
    if not (peak > T.BAND_HIGH and now < T.COLLAPSE * peak):
        return ""
    step = int(reading.facts.steps[reading.used[int(np.argmax(norms))]])
    return (
        f"the gradient norm was {norm(peak)} at step {step:,} and is {norm(now)} now, and whether that step "
        "has ruined the net a log does not tell"
    )


def _course(reading: Reading) -> str:
    """ "the loss went from 2.3 to 0.4"."""
    return f"the loss went from {norm(reading.begun)} to {norm(reading.loss)}"
