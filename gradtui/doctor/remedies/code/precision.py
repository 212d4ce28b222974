"""Half precision: the range of float32 in 16 bits, or a scale for the loss."""

from gradtui.doctor.program_seen import ProgramSeen
from gradtui.doctor.remedies.code.fragments import block, joined
from gradtui.doctor.remedies.code.learning_rate import SOUND_RATIO, above_custom, overshoot, set_lr
from gradtui.doctor.remedies.code.prescription import MODEL, OPTIMIZER, STEP
from gradtui.doctor.remedies.code.shorter_steps import FAR_ABOVE, awake
from gradtui.doctor.remedies.code.weights import refit
from gradtui.doctor.remedy import CodeLines, Remedy


def bfloat16(seen: ProgramSeen) -> CodeLines:
    """Weights in float32, arithmetic in bfloat16, whatever the script casts to. Where first weights or
    steps are out of proportion precision has only brought that to light: they change as well."""
    inside = "amp_float16" in seen.facts.info.precision or seen.scaled
    code = joined(
        refit(seen),
        "model.float()  # weights and gradients in float32" if seen.pure_half else "",
        "# the same as dtype=torch.bfloat16 in the torch.autocast(..) that is there"
        if inside
        else "",
        "# a GPU older than Ampere: torch.float16, and a torch.amp.GradScaler around the loss"
        if seen.device == "cuda" and not seen.scaled
        else "",
        f"autocast = torch.autocast({seen.device!r}, dtype=torch.bfloat16)",
        "model.forward = autocast(model.forward)",
    )
    expect = "no value out of range: bfloat16 reaches as far as float32"
    made = CodeLines(MODEL, code, expect)
    long = seen.ratio > SOUND_RATIO or above_custom(seen) > FAR_ABOVE
    return _slower(seen, made) if long else made


def lower_and_bfloat16(seen: ProgramSeen) -> CodeLines:
    """Numbers had grown before one was out of range: of more range alone they make no use."""
    made = bfloat16(seen)
    return made if made.also else _slower(seen, made)


def _slower(seen: ProgramSeen, made: CodeLines) -> CodeLines:
    fresh = "" if refit(seen) else joined(*(code for _, code in awake(seen)))
    lower = (OPTIMIZER, set_lr(seen, overshoot(seen)))
    return CodeLines(made.place, joined(fresh, made.code), made.expect, (lower,))


def what_overflows(seen: ProgramSeen) -> CodeLines:
    """After backward, where the scaler has left its infinities."""
    del seen
    return CodeLines(
        place=STEP,
        code=block("""
            for name, weight in model.named_parameters():
                if weight.grad is not None and not torch.isfinite(weight.grad).all():
                    print("overflows:", name)
        """),
        expect="the same few names at each skipped step: the last of them overflows first",
        changes=False,
    )


AUTOCAST = Remedy(
    id="autocast",
    text=("train under autocast with a GradScaler, or in bfloat16"),
    code=bfloat16,
    source=("Micikevicius et al., 2018, arXiv:1710.03740; Kalamkar et al., 2019, arXiv:1905.12322"),
)
LOWER_LR_AND_AUTOCAST = Remedy(
    id="lower_lr_and_autocast",
    text=("lower the learning rate, and train in bfloat16 or under autocast with a GradScaler"),
    code=lower_and_bfloat16,
    source=("Bengio, 2012, arXiv:1206.5533; Micikevicius et al., 2018, arXiv:1710.03740"),
)
OVERFLOWING_LAYER = Remedy(
    id="overflowing_layer",
    text=(
        "find the layer that overflows: a loss scale below 1 means that true gradients are too big"
    ),
    code=what_overflows,
    source=("Micikevicius et al., 2018, arXiv:1710.03740"),
)
BFLOAT16 = Remedy(
    id="bfloat16",
    text=("use bfloat16, whose range is that of float32"),
    code=bfloat16,
    source=("Kalamkar et al., 2019, arXiv:1905.12322"),
)
SCALED_LOSS = Remedy(
    id="scaled_loss",
    text=("scale the loss (GradScaler), or train in bfloat16"),
    code=bfloat16,
    source=("Micikevicius et al., 2018, arXiv:1710.03740; Kalamkar et al., 2019, arXiv:1905.12322"),
)
FLOAT32_WEIGHTS = Remedy(
    id="float32_weights",
    text=("keep the weights in float32, and compute under autocast"),
    code=bfloat16,
    source=("Micikevicius et al., 2018, arXiv:1710.03740"),
)
