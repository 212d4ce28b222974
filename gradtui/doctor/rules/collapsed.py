"""A loss that comes down by something else than what it is for, or leaves a part of it as it is:
`RunInfo.wiring` has what was seen of its graph."""

from gradtui.core import wiring as W
from gradtui.core.symptom import Severity
from gradtui.doctor import thresholds as T
from gradtui.doctor.finding import Finding
from gradtui.doctor.reading import Reading
from gradtui.doctor.remedies import choices
from gradtui.doctor.remedy import Remedy
from gradtui.doctor.rules.far_from_floor import rests_far_up
from gradtui.doctor.rules.miswired import SYMPTOM as MISWIRED
from gradtui.doctor.rules.not_learning import SYMPTOM as NOT_LEARNING
from gradtui.doctor.rules.parts_cut_off import much_is_left, trained, zero_gradient
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
    W.WEIGHTS_UNHELD: (
        MISWIRED,
        "the loss comes down by making its terms count for less, which trains nothing: a weight that is "
        "learned needs a term that holds it, as log-variances have",
        choices.WEIGHTS_UNHELD,
    ),
    W.PAIRED_ADVANTAGES: (
        MISWIRED,
        "the shapes of log-probabilities and advantages differ, and broadcasting pairs each action with "
        "every advantage: all actions are judged by the same mean",
        choices.PAIRED_ADVANTAGES,
    ),
    W.REVERSED_ADVANTAGES: (
        MISWIRED,
        "the sign of the advantage is the wrong way round (value minus return, or a minus too many or too "
        "few): the policy unlearns whatever turns out well",
        choices.REVERSED_ADVANTAGES,
    ),
    W.PAST_REWARDS: (
        MISWIRED,
        "returns are added up from the first step on, and not from the last one back (reversed): each action "
        "is paid for rewards that came before it, whatever it brings",
        choices.PAST_REWARDS,
    ),
    W.REVERSED_SCALE: (
        MISWIRED,
        "the logarithm of a scale (log-determinant, log-variance) or a divergence has the wrong sign in the "
        "loss, which is no likelihood then: it falls without end as the scale collapses, or runs away",
        choices.REVERSED_SCALE,
    ),
    W.SELF_ATTENTION_DIM: (
        MISWIRED,
        "the softmax of an attention is taken over the wrong dimension (dim): its weights add up to 1 over "
        "the receiving positions (queries, nodes), and not over the positions (keys, neighbours) that each "
        "of them attends to",
        choices.ATTENTION_DIM,
    ),
    W.PINNED_SOFTMAX: (
        "saturated",
        "the scores that go into the softmax are so far apart that it gives 1 to one of them and 0 to all "
        "others: no slope comes back through it (are they divided by the root of their width, and not "
        "multiplied by it?)",
        choices.PINNED_SOFTMAX,
    ),
    W.DERIVATIVE_CUT: (
        MISWIRED,
        "a derivative that is taken without create_graph=True is a mere number to backward(): the part of "
        "the loss that it is in trains nothing",
        choices.DERIVATIVE_CUT,
    ),
    W.FLAT_SCORES: (
        "plateau",
        "the temperature of the scores is far too high: similarities are to be divided by one below 1, and "
        "are multiplied by it, or by another small number",
        choices.FLAT_SCORES_BOUND,
    ),
    W.EVEN_POLICY: (
        NOT_LEARNING,
        "the entropy's bonus weighs more than anything that an action can gain: the best policy is then to "
        "do all alike",
        choices.EVEN_POLICY,
    ),
    W.FLAT_OPERATION: (
        MISWIRED,
        "the slope of that operation is 0 everywhere: no gradient passes it, and what lies before it stays "
        "as it is but for weight decay",
        choices.CUT_BY_STEPS,
    ),
    W.DROWNED_TERM: (
        "badly_scaled",
        "one term of the loss is in so large units that all others count for nothing beside it: what they "
        "are for is not learned",
        choices.DROWNED_TERM,
    ),
    W.OVER_ONE: (
        MISWIRED,
        "whatever these layers give, the result is the same: it is taken over a dim of one value, where "
        "another dim was meant",
        choices.WITHOUT_EFFECT,
    ),
}
"""Kind -> symptom, cause and remedies."""
IN_GAMES = (
    W.OUT_OF_RANGE,
    W.REVERSED_ADVANTAGES,
    W.PAST_REWARDS,
    W.PAIRED_ADVANTAGES,
    W.DERIVATIVE_CUT,
    W.FLAT_OPERATION,
    W.SELF_ATTENTION_DIM,
    W.OVER_ONE,
)
"""Kinds that are wrong whoever plays against whom."""
UNLEARNING = (W.REVERSED_ADVANTAGES, W.PAST_REWARDS)
"""Kinds with which a policy becomes sure of the wrong thing, until nothing changes it any more."""


def _solved(reading: Reading) -> bool:
    if reading.critic or reading.signed or reading.blind or reading.seen < T.MISWIRED_STEPS:
        return False
    return reading.loss < T.COPIED * reading.reference_loss


def _without_slope(reading: Reading) -> tuple[int, ...]:
    """Rows with a weight whose gradient has been exactly 0 at each step."""
    layout = reading.facts.layout
    found = layout.row_of[zero_gradient(reading) & trained(reading) & layout.judged]
    return tuple(sorted({*found.tolist()}))


def collapsed(reading: Reading) -> Finding | None:
    """Whatever the loss does: it comes down by that very thing."""
    seen, layout = dict(reading.facts.info.wiring), reading.facts.layout
    kind = next((kind for kind in KINDS if kind in seen), "")
    if not kind or (reading.game and kind not in IN_GAMES):
        return None
    if kind == W.ANSWER_GIVEN and not _solved(reading):
        return None  # something on the way may hide the answer, such as noise
    if kind == W.FLAT_SCORES and not reading.loss > T.FLAT_STILL * reading.chance:
        return None  # they are flat no more
    stuck = much_is_left(reading) and not reading.learned
    # The layers behind it may have learned what they can without it.
    stuck |= kind == W.PINNED_SOFTMAX and rests_far_up(reading, T.PINNED_SCORES_LEFT)
    choice = kind == W.PINNED_SOFTMAX or (kind == W.OVER_ONE and "softmax" in seen[kind])
    if choice and not stuck:
        return None  # attention to a single thing, or of which there is one, is no mistake
    rows = _without_slope(reading) if kind in (W.FLAT_OPERATION, W.OVER_ONE) else ()
    if kind in (W.FLAT_OPERATION, W.OVER_ONE) and not rows:
        return None  # there is another way back, in another pass
    symptom, cause, remedies = KINDS[kind]
    severity = Severity.CRITICAL if kind in UNLEARNING else Severity.WARNING
    if kind == W.OUT_OF_RANGE and (reading.facts.total_norm == 0).mean() > T.OFTEN_SILENT:
        symptom = "dead_relu"  # the last one, for whole batches
    if kind == W.OVER_ONE and zero_gradient(reading)[trained(reading) & layout.judged].all():
        symptom, severity = "output_cannot_change", Severity.CRITICAL  # but for a last bias
    losses = f"the loss is {norm(reading.loss)} (first {norm(reading.start_loss)})"
    evidence = seen[kind] if reading.blind else f"{seen[kind]}; {losses}"
    first = int(reading.facts.steps[0])
    names = reading.names(list(rows))
    return Finding(symptom, severity, first, evidence, cause, remedies, rows, names)
