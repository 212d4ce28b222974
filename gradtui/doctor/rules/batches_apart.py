"""A loss at guessing while no batch agrees with another: nothing in the inputs tells of the labels."""

from gradtui.core.symptom import Severity
from gradtui.doctor import thresholds as T
from gradtui.doctor.finding import Finding
from gradtui.doctor.gradient_agreement import NOTHING_IN_COMMON, agreement, in_common
from gradtui.doctor.reading import Reading
from gradtui.doctor.remedies import choices
from gradtui.doctor.rules.not_learning import SYMPTOM, on_its_way
from gradtui.doctor.rules.step_size import plateau


def nothing_in_common(reading: Reading) -> Finding | None:
    """A classifier that is hardly better than guessing, steps that are as long as any, and batches that push
    each another way from the start: what little the loss has come down by is learned by heart."""
    if reading.critic or reading.blind or reading.game or reading.signed or reading.start_unknown:
        return None
    level, chance = reading.level, reading.constant
    few = reading.facts.info.classes < T.MANY_CLASSES
    if reading.seen < T.AGREED_BY_STEPS or not reading.facts.info.classes > 1:
        return None
    if few and not chance < (1 - T.GUESS_LEVEL) * reading.chance:
        return None  # of two that are as frequent a plateau is told, in its time
    least, most = 1 - T.NOTHING_BY_HEART, 1 + T.LEARNED_BY_HEART
    if not least * chance < level < most * chance or on_its_way(reading):
        return None
    if (
        not reading.largest_ratio * reading.seen > T.WENT_FAR
        or reading.steeper > T.STEEPER_BY_HEART
    ):
        return None
    common = agreement(reading)
    if not common.none or plateau(reading) is not None:
        return None
    return Finding(
        SYMPTOM,
        Severity.WARNING,
        int(reading.facts.steps[0]),
        f"after {reading.seen:,} steps the loss is {level:.3g}; {reading.guess_words}; {in_common(common)}",
        NOTHING_IN_COMMON,
        choices.NOTHING_IN_COMMON,
    )
