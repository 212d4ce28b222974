"""What a loss is where nothing has been learned: the line that a chart draws across it."""

from math import isfinite
from typing import NamedTuple

from gradtui.core.facts import Facts
from gradtui.doctor.reading import Reading


class Guess(NamedTuple):
    """The loss of an answer that looks at no input, and in two words which answer that is."""

    loss: float
    words: str


def guess_of(facts: Facts) -> Guess | None:
    """Of a classifier ln of the number of classes, told or inferred, or what the frequencies of the labels
    give; of a regression what the mean of the targets gives; of triplets the margin. None where none of them
    can be told."""
    reading = Reading(facts)
    if reading.critic or not len(facts):
        return None
    if isfinite(reading.constant):
        words = "guessing" if reading.constant == reading.chance else "label frequencies"
        return Guess(reading.constant, words)
    mean = facts.info.mean_loss
    words = "margin" if reading.has_margin else "mean answer"
    return Guess(mean, words) if mean > 0 and not facts.info.classes else None
