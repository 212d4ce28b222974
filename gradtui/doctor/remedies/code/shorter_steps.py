"""Shorter steps, with what else must change once they are short."""

from gradtui.doctor.remedies.code.fragments import joined
from gradtui.doctor.remedies.code.learning_rate import above_custom, overshoot, set_lr
from gradtui.doctor.remedies.code.prescription import MODEL, OPTIMIZER, CodeLines
from gradtui.doctor.remedies.code.program_seen import ProgramSeen
from gradtui.doctor.remedies.code.weights import init_code

FADING = 0.03
"""Times that the first weights make of a signal on its way through: with less (torch's own weights
before five ReLUs or more) plain SGD at a usual rate stands still for its first hundreds of steps, and
a rate that is brought down trades one illness for another."""
FAR_ABOVE = 10.0
"""Times the customary learning rate beyond which long steps are suspected, though none was seen when
anything still moved."""


def lower_lr(seen: ProgramSeen) -> CodeLines:
    expect = (
        "updates of about a hundredth of a weight's size or less, and a loss that falls steadily"
    )
    return CodeLines(OPTIMIZER, set_lr(seen, overshoot(seen)), expect, awake(seen))


def lower_momentum_too(seen: ProgramSeen) -> CodeLines:
    """The learning rate, and a momentum of 0.9 where it was more."""
    plain = "sgd" in seen.facts.info.optimizer.lower()
    momentum = '    group["momentum"] = min(group.get("momentum", 0.0), 0.9)' if plain else ""
    code = joined(set_lr(seen, overshoot(seen)), momentum)
    return CodeLines(OPTIMIZER, code, "weights that stay finite", awake(seen))


def awake(seen: ProgramSeen) -> tuple[tuple[str, str], ...]:
    """Weights that fit the activation, for a net that only long steps have kept from fading."""
    normed = any("Norm" in kind for kind in seen.kinds) or seen.sequences
    if seen.adaptive or normed or not above_custom(seen) > FAR_ABOVE:
        return ()
    if not 0 < seen.growth < FADING:
        return ()
    smaller = f"{1 / seen.growth:.0f}"
    why = f"# its first weights make signals {smaller} times smaller: short steps would get nowhere"
    return ((MODEL, joined(why, init_code(seen, seen.activation))),)
