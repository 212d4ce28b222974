"""What a loss is to keep apart has become one, while it comes down: `RunInfo.wiring` has what was seen of
latent units, of outputs that are compared, and of the sign of a policy's entropy."""

from gradtui.core import wiring as W
from gradtui.core.symptom import Severity
from gradtui.doctor import thresholds as T
from gradtui.doctor.finding import Finding
from gradtui.doctor.reading import Reading
from gradtui.doctor.remedies import choices
from gradtui.doctor.remedy import Remedy
from gradtui.doctor.rules.miswired import SYMPTOM as MISWIRED
from gradtui.doctor.rules.not_learning import SYMPTOM as NOT_LEARNING
from gradtui.doctor.words import norm

KINDS: dict[str, tuple[str, str, tuple[Remedy, ...]]] = {
    W.ENTROPY_ADDED: (
        MISWIRED,
        "the entropy has the wrong sign: a policy that is to go on trying is driven to one action instead",
        choices.ENTROPY_ADDED,
    ),
    W.UNUSED_LATENT: (
        NOT_LEARNING,
        "the posterior has collapsed onto the prior: the decoder goes by noise, since the divergence weighs "
        "more than what a latent would save of the error",
        choices.UNUSED_LATENT,
    ),
    W.COLLAPSED_OUTPUT: (
        NOT_LEARNING,
        "the outputs collapse to one point: nothing in the loss keeps any two of them apart, or too little",
        choices.COLLAPSED_OUTPUT,
    ),
    W.OUT_OF_RANGE: (
        NOT_LEARNING,
        "the data lie outside what the last activation can give: the nearest that can be given is its end, "
        "where it is flat",
        choices.OUT_OF_REACH,
    ),
    W.ANSWER_GIVEN: (
        MISWIRED,
        "the answer stands in the input: what is fed to a decoder is not shifted against its labels, and "
        "copying is all that it learns",
        choices.ANSWER_GIVEN,
    ),
}
"""Kind -> symptom, cause and remedies."""


def _solved(reading: Reading) -> bool:
    if reading.critic or reading.signed or reading.blind or reading.seen < T.MISWIRED_STEPS:
        return False
    return reading.loss < T.COPIED * reading.reference_loss


def collapsed(reading: Reading) -> Finding | None:
    """Whatever the loss does: it comes down by that very thing."""
    seen = dict(reading.facts.info.wiring)
    kind = next((kind for kind in KINDS if kind in seen), "")
    if not kind or (reading.game and kind != W.OUT_OF_RANGE):
        return None
    if kind == W.ANSWER_GIVEN and not _solved(reading):
        return None  # something on the way may hide the answer, such as noise
    symptom, cause, remedies = KINDS[kind]
    losses = f"the loss is {norm(reading.loss)} (first {norm(reading.start_loss)})"
    evidence = seen[kind] if reading.blind else f"{seen[kind]}; {losses}"
    first = int(reading.facts.steps[0])
    return Finding(symptom, Severity.WARNING, first, evidence, cause, remedies)
