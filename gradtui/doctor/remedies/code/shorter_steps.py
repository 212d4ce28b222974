"""Shorter steps, with what else must change once they are short."""

from gradtui.doctor.program_seen import ProgramSeen
from gradtui.doctor.remedies.code.fragments import joined
from gradtui.doctor.remedies.code.learning_rate import above_custom, overshoot, set_lr
from gradtui.doctor.remedies.code.prescription import MODEL, OPTIMIZER
from gradtui.doctor.remedies.code.weights import init_code
from gradtui.doctor.remedy import CodeLines, Remedy

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


LOWER_LR = Remedy(
    id="lower_lr",
    text=("lower the learning rate"),
    code=lower_lr,
    source=("Bengio, 2012, arXiv:1206.5533"),
)
LOWER_LR_OR_CLIP = Remedy(
    id="lower_lr_or_clip",
    text=("lower the learning rate or clip the gradient norm"),
    code=lower_lr,
    source=("Bengio, 2012, arXiv:1206.5533; Pascanu, Mikolov and Bengio, 2013, arXiv:1211.5063"),
)
LOWER_LR_OR_MOMENTUM = Remedy(
    id="lower_lr_or_momentum",
    text=("lower the learning rate or the momentum"),
    code=lower_momentum_too,
    source=("Bengio, 2012, arXiv:1206.5533"),
)
