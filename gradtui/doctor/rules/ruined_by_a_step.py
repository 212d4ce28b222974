"""Nets that one step has ruined: a spike, and nothing moves since; never NaN, and sick all the same."""

import numpy as np

from gradtui.core.symptom import Severity
from gradtui.doctor import thresholds as T
from gradtui.doctor.finding import Finding
from gradtui.doctor.reading import Reading
from gradtui.doctor.remedies import choices
from gradtui.doctor.robust_statistics import median
from gradtui.doctor.rules.exploding import SYMPTOM, onset_of
from gradtui.doctor.rules.explosion_causes import blamed, raised_rate
from gradtui.doctor.rules.step_size import oscillating_loss
from gradtui.doctor.rules.units import rectifies
from gradtui.doctor.words import norm


def exploded_and_died(reading: Reading) -> Finding | None:
    """A spike, and nothing moves since: never NaN, and sick all the same."""
    used = reading.used
    if reading.critic or reading.seen < T.SUSTAINED_STEPS or not len(used):
        return None
    if reading.learned and not _learns_without(reading):
        return None
    norms, losses = reading.total[used], reading.facts.loss[used]
    spike = int(np.argmax(norms))
    first, peak = median(norms[:3]), float(norms[spike])
    now = median(norms[-T.WINDOW :])
    dead = tuple(int(r) for r in reading.rows if reading.dead[r] >= T.DEAD_SHARE)
    dead = dead or tuple(int(reading.rows[i]) for i in reading.silent)
    usual = max(reading.reference_loss, median(losses[:5]))
    rise = float(losses.max()) / usual if usual > 0 and not reading.signed else 0.0
    spiked = peak > T.SPIKE_FLOOR and (peak > T.SPIKE_NORM * first or rise > T.SPIKE_LOSS)
    if not dead and reading.largest_ratio > T.OVERWHELMED:
        # A weight that has been overwhelmed passes on what it was not made to.
        usual = max(reading.reference_loss, reading.start_loss)
        rise = float(losses.max()) / usual if usual > 0 and not reading.signed else 0.0
        dead = _faded_since(reading) if rise > T.SPIKE_LOSS else ()
        spiked = bool(dead) or spiked
    shortened = reading.facts.clip_coefficient[used[spike]] < T.CLIPPED
    collapsed = peak > T.BAND_HIGH and now < T.COLLAPSE * peak and not shortened
    if not ((dead and spiked and now < peak / 3) or collapsed):
        return None
    if not dead and oscillating_loss(reading) is not None:
        return None  # it has come down from there, and moves as much as ever
    onset = onset_of(norms[: spike + 1])
    if rise > T.SPIKE_LOSS:
        onset = min(onset, int(np.argmax(losses > T.SPIKE_LOSS * usual)))
    gone = "dead" if spiked and peak > T.SPIKE_FLOOR else "cut off"
    since = f"; {len(dead)} of {len(reading.rows)} layers are {gone} since" if dead else ""
    at_start = spike == 0
    remedies, cause = blamed(reading, at_start and peak > T.BAND_HIGH)
    raised = raised_rate(reading, int(reading.facts.steps[used[onset]]))
    cause = f"{raised}: {cause}" if raised else cause
    before = "" if at_start else f"norm {norm(first)} at first, "
    return Finding(
        "dead_relu" if dead and _units_died(reading) else SYMPTOM,
        Severity.CRITICAL,
        int(reading.facts.steps[used[onset]]),
        f"{before}norm {norm(peak)} at step {int(reading.facts.steps[used[spike]])}, {norm(now)} "
        f"now{since}",
        "first it exploded, then it died: one step pushed the weights so far that hardly any input "
        f"reaches the output; {cause}",
        choices.LR_JUMPED if raised else remedies,
        dead or reading.largest_rows(used[spike]),
        reading.names(list(dead or reading.largest_rows(used[spike]))),
    )


def _units_died(reading: Reading) -> bool:
    """Whether that is what is wrong by now: most layers that end in a ReLU let hardly anything through, or
    one of them nothing at all, and no skip leads around them."""
    rectified = [int(r) for r in reading.rows if rectifies(reading, int(r))]
    if reading.facts.info.residual or not rectified:
        return False
    shares = reading.dead[rectified]
    return bool((shares == 1).any() or 2 * (shares >= T.MOSTLY_DEAD).sum() > len(rectified))


def _learns_without(reading: Reading) -> bool:
    """Whether what is learned is learned by the last layers alone, most others having been thrown to
    where no gradient moves a float32 weight."""
    if reading.adaptive or reading.converged or reading.seen < T.PATIENCE:
        return False
    if not reading.largest_ratio > T.OVERWHELMED:
        return False
    lost = np.isin(reading.rows, _faded_since(reading))
    norms = reading.row_norms[lost]
    hopeless = (norms < T.HOPELESS_NORM) & (norms < T.HOPELESS_RATIO * np.nanmax(reading.row_norms))
    return 2 * len(norms) >= len(reading.rows) and bool(hopeless.all())


def _faded_since(reading: Reading) -> tuple[int, ...]:
    """Rows that get next to nothing now, and had their share at the very first step."""
    if len(reading.rows) < 3:
        return ()
    roots = np.sqrt(reading.row_sizes)
    then, now = reading.typical(reading.rows, reading.used[:1]) / roots, reading.row_norms / roots
    faint = (now < T.VANISHING_RATIO * np.nanmax(now)) & (reading.row_norms < T.VANISHING_NORM)
    fair = then > np.sqrt(T.VANISHING_RATIO) * np.nanmax(then)
    return tuple(int(r) for r in reading.rows[faint & fair])
