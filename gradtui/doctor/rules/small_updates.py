"""Learning rates that leave the weights where they are: from the start, or since a schedule ended."""

import math

import numpy as np

from gradtui.core.layout import FloatArray
from gradtui.core.symptom import Severity
from gradtui.doctor import thresholds as T
from gradtui.doctor.finding import Finding
from gradtui.doctor.reading import Reading
from gradtui.doctor.remedies import choices
from gradtui.doctor.robust_statistics import median, middle
from gradtui.doctor.words import layer_range, norm


def too_small_steps(reading: Reading) -> Finding | None:
    """Gradients are in order, and the learning rate makes nothing of them: in no single step, or not
    in all of them together."""
    if reading.progress or reading.critic or reading.seen < T.TOO_SMALL_STEPS:
        return None
    most = reading.largest_ratio
    still = most < T.TOO_SMALL_RATIO
    # Fine steps at an optimum whose floor nobody knows look the same.
    # A warm-up is given some time more.
    long = reading.seen >= (T.PLATEAU_STEPS if reading.warming_up else T.PATIENCE)
    known = not np.isnan(reading.chance) and long
    together = known and most * reading.seen < T.TOO_SMALL_TOGETHER
    if not (still or together) or not reading.wrong(reading.now):
        return None
    norms = reading.row_norms[~np.isnan(reading.row_norms)]
    if not len(norms) or not norms.max() > T.BAND_LOW:
        return None
    flat = flat_slope(reading)
    moved = f"no layer has ever changed by more than {norm(most)} of itself in a step"
    if not still:
        moved += f", by {norm(most * reading.seen)} at most in all {reading.seen} together"
    return Finding(
        "plateau",
        Severity.WARNING,
        int(reading.facts.steps[0]),
        f"{moved}, while gradient norms are {norm(float(norms.min()))} to {norm(float(norms.max()))}",
        flat or "the learning rate is too small: the weights stay where they are",
        choices.FLAT_SCORES if flat else choices.TOO_SMALL_LR,
        tuple(int(r) for r in reading.rows),
        reading.names(reading.rows),
    )


def slow_warm_up(reading: Reading) -> Finding | None:
    """The learning rate still rises, a little each time after many steps at one value, and nothing has been
    learned with it, or little with a small part of what it is to rise to: a warm-up that counts steps is told
    of epochs."""
    if reading.critic or reading.signed or reading.game or reading.blind:
        return None
    if reading.seen < T.SLOW_WARM_UP_STEPS or not reading.warming_up or reading.start_unknown:
        return None
    rates, steps = reading.rates, reading.used_scalars.steps
    known = ~np.isnan(rates)
    rates, steps = rates[known], steps[known]
    rises = np.flatnonzero(np.diff(rates) != 0)
    if len(rises) < T.WARM_UP_RISES or (np.diff(rates)[rises] < 0).any():
        return None
    held = np.diff(steps[rises + 1])
    each = int(np.median(held))
    alike = np.abs(held - each) <= max(T.HELD_ALIKE * each, 1)
    if each < T.HELD_AT_LEAST or alike.mean() < T.HELD_MOSTLY:
        return None
    mean = reading.facts.info.mean_loss
    least = reading.constant if reading.facts.info.classes > 1 else mean or reading.begun
    meant = dict(reading.facts.info.settings).get("initial_lr", math.nan)
    short = float(rates[-1]) < T.FAR_FROM_MEANT * meant
    if reading.learned and not short:
        return None
    if not reading.level > (T.LITTLE_LEARNED if short else T.NO_MORE_THAN_MEAN) * least:
        return None
    of = f" of the {meant:.3g} that its schedule multiplies" if short else ""
    return Finding(
        "plateau",
        Severity.WARNING,
        int(reading.facts.steps[0]),
        f"after {reading.seen:,} steps the learning rate is {rates[-1]:.3g}{of} and still rises, once "
        f"in {each:,} steps, {len(rises)} times so far; the loss is {reading.level:.3g}, at first "
        f"{reading.begun:.3g}",
        "the scheduler is called once an epoch, and its warm-up counts steps: the learning rate stays next "
        "to nothing for the whole run",
        choices.SLOW_WARM_UP,
    )


def layers_left_behind(reading: Reading) -> Finding | None:
    """Layers that no step changes to speak of, while others change by a good part of themselves, in a run
    that learns nothing more: not because their gradients are small, but because their steps are."""
    if reading.progress or reading.critic or reading.signed or reading.seen < T.PLATEAU_STEPS:
        return None
    if math.isnan(reading.chance) or reading.warming_up or len(reading.rows) < T.FEW_LAYERS:
        return None
    together = reading.ratios(reading.used) * reading.seen
    norms = reading.typical(reading.rows, reading.now)
    with np.errstate(invalid="ignore"):
        behind = (together > 0) & (together < T.UNMOVED) & (norms > T.REACHED * np.nanmax(norms))
    if behind.mean() < T.SCATTERED or not np.nanmax(together) > T.WENT_FAR:
        return None
    rows = tuple(int(r) for r in reading.rows[behind])
    names, ahead = reading.names(list(rows)), int(np.nanargmax(together))
    return Finding(
        "plateau",
        Severity.WARNING,
        int(reading.facts.steps[0]),
        f"all {reading.seen:,} steps together have changed {layer_range(names)} by "
        f"{norm(float(together[behind].max()))} of themselves at most, with gradients of "
        f"{norm(float(norms[behind].min()))} and more, and {reading.names([int(reading.rows[ahead])])[0]} by "
        f"{norm(float(together[ahead]))}; the loss is {norm(reading.loss)}, {reading.guess_words}",
        "the learning rate of these layers is far too small beside that of others: they stay as they were "
        "made",
        choices.LAYERS_LEFT_BEHIND,
        rows,
        names,
    )


def flat_slope(reading: Reading) -> str:
    """In words, where a cross-entropy at guessing has had next to no slope from the start, and the learning
    rate is one that people use; else ""."""
    slope, rate = median(reading.total[reading.early]), median(reading.rates[-T.WINDOW :])
    if reading.facts.info.classes < 2 or not slope < T.FLAT_SLOPE or not rate > T.USUAL_LR:
        return ""
    if len(reading.rows) > T.DEEP_STACK or 2 * len(reading.rows) < len(reading.facts.layout.rows):
        return ""  # it may have faded on its way, or most of the net may be frozen
    return (
        f"the slope is next to none from the start (gradient norm {norm(slope)}): scores, or the loss, "
        "are divided by a large number (a temperature, a scale), or else the learning rate of "
        f"{rate:.3g} is too small; scores that hardly differ within an example tell the first"
    )


def schedule_ended(reading: Reading) -> Finding | None:
    """For half of the run and longer nothing has moved, because the learning rate is gone, and what
    was learned until then is little; or for nearly all of it, and not much was learned."""
    if reading.critic or reading.blind or reading.seen < T.STOPPED_STEPS:
        return None
    rates = reading.rates
    if np.isnan(rates).all():
        return None
    low = rates < T.LR_FALLEN * np.nanmax(rates)
    begun = len(low) - int(np.argmin(low[::-1])) if not low.all() else 0
    early = begun < T.STOPPED_EARLY * len(low)
    if begun > len(low) // 2 or reading.falling or not reading.wrong(reading.now):
        return None
    if _stood_still(reading, rates):
        return None
    little = not reading.learned or (early and reading.loss > T.WAS_DOWN * reading.reference_loss)
    return stopped_by_schedule(reading) if little else None


def _stood_still(reading: Reading, rates: FloatArray) -> bool:
    """Whether the loss had come to rest while the learning rate was still high: there was no more to
    learn, or not in this way."""
    high = np.flatnonzero(rates > T.LR_HIGH * np.nanmax(rates))
    losses = reading.losses[: int(high[-1]) + 1 if len(high) else 0]
    late = losses[len(losses) // 3 :]
    if len(late) < T.WINDOW:
        return False
    half = len(late) // 2
    drop = float(late[:half].mean() - late[half:].mean())
    error = float(np.hypot(late[:half].std(), late[half:].std())) / np.sqrt(half)
    return not drop > T.FALLING_Z * error


def _ratios_at(reading: Reading, rate: float) -> FloatArray:
    """[rows] what the latest measured steps change of each layer, were they taken at that learning rate:
    of a run of which few steps are measured the last of them may be long ago."""
    facts, used = reading.facts, reading.used
    taken = used[facts.has_weights[used] & (facts.lr[used] > 0)]
    late = taken[taken >= used[-10 * T.WINDOW :][0]]
    taken = late if len(late) else taken[-T.WINDOW :]
    if not len(taken):
        return reading.ratios(used[-10 * T.WINDOW :])
    shorter = np.minimum(rate / facts.lr[taken], 1.0)[:, None]
    return middle(facts.update_ratios(taken)[:, reading.rows] * shorter)


def stopped_by_schedule(reading: Reading) -> Finding | None:
    """A schedule has taken the learning rate down to where nothing moves, before much was learned."""
    rates = reading.rates
    if np.isnan(rates).all():
        return None
    now, most = median(rates[-T.WINDOW :]), float(np.nanmax(rates))
    ratios = _ratios_at(reading, now)
    ratios = ratios[~np.isnan(ratios)]
    if not (0 <= now < T.LR_FALLEN * most) or not len(ratios) or ratios.max() > T.TOO_SMALL_RATIO:
        return None
    fallen = np.isnan(reading.facts.lr) | (reading.facts.lr < T.LR_FALLEN * most)
    since = reading.since(fallen)
    told = not np.isnan(reading.chance)
    beside = reading.guess_words if told else f"at first {reading.start_loss:.3g}"
    return Finding(
        "plateau",
        Severity.WARNING,
        since,
        f"the learning rate fell from {most:.3g} to {now:.3g}, below a hundredth of it by step "
        f"{since}; the loss is {reading.loss:.3g}, {beside}",
        "the schedule ends long before learning does: the weights stay where they are",
        choices.SCHEDULE_ENDED,
        tuple(int(r) for r in reading.rows),
        reading.names(reading.rows),
    )
