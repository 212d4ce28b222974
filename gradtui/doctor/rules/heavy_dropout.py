"""Dropout that leaves next to nothing to learn from."""

from gradtui.core import wiring as W
from gradtui.core.symptom import Severity
from gradtui.doctor import thresholds as T
from gradtui.doctor.finding import Finding
from gradtui.doctor.reading import Reading
from gradtui.doctor.remedies import choices
from gradtui.doctor.rules.not_learning import SYMPTOM, ruled_out


def dropped_away(reading: Reading) -> Finding | None:
    """Modules drop most of what they are given, and nothing has been learned. Where something has, they were
    meant to."""
    seen = dict(reading.facts.info.wiring).get(W.HEAVY_DROPOUT, "")
    if not seen or reading.critic or reading.blind or reading.signed or reading.game:
        return None
    if reading.seen < T.NOT_LEARNING_STEPS or reading.learned or reading.falling:
        return None
    return Finding(
        SYMPTOM,
        Severity.WARNING,
        int(reading.facts.steps[0]),
        f"{seen}; after {reading.seen:,} steps the loss is {reading.level:.3g}"
        + (f"; {reading.guess_words}" if reading.facts.info.classes > 1 else "")
        + f"; {ruled_out(reading)}",
        "dropout leaves next to nothing to learn from: its p is the share that is dropped, not the one "
        "that is kept",
        choices.HEAVY_DROPOUT,
    )
