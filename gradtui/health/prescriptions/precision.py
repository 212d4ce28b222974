"""Half precision: the range of float32 in 16 bits, or a scale for the loss."""

from gradtui.health.prescriptions.code import block, joined
from gradtui.health.prescriptions.prescription import MODEL, OPTIMIZER, STEP, Lines
from gradtui.health.prescriptions.seen import Seen
from gradtui.health.prescriptions.speed import SOUND_RATIO, overshoot, set_lr
from gradtui.health.prescriptions.weights import refit

OUT_OF_PROPORTION = 1e2
"""Where the first weights multiply or divide signals by more than that, precision has only brought
to light what is wrong with them; and so it has where steps are too long."""


def bfloat16(seen: Seen) -> Lines:
    """Weights in float32, arithmetic in bfloat16, whatever the script casts to; and what would have
    been out of range in time anyway."""
    old = "# a GPU older than Ampere: torch.float16, and a torch.amp.GradScaler around the loss"
    code = joined(
        "model.float()  # weights and gradients in float32" if seen.pure_half else "",
        old if seen.device == "cuda" else "",
        f"autocast = torch.autocast({seen.device!r}, dtype=torch.bfloat16)",
        "model.forward = autocast(model.forward)  # an autocast to float16 around it is overruled",
    )
    also = []
    if not 1 / OUT_OF_PROPORTION < seen.growth < OUT_OF_PROPORTION:
        code = joined(refit(seen), code)
    if seen.ratio > SOUND_RATIO:
        also.append((OPTIMIZER, set_lr(seen, overshoot(seen))))
    expect = "no value out of range: bfloat16 reaches as far as float32"
    return Lines(MODEL, code, expect, tuple(also))


def lower_and_bfloat16(seen: Seen) -> Lines:
    """Numbers had grown before one was out of range: of more range alone they make no use."""
    made = bfloat16(seen)
    steps = tuple(part for part in made.also if part[0] != OPTIMIZER)
    lower = (OPTIMIZER, set_lr(seen, overshoot(seen)))
    return Lines(made.place, made.code, made.expect, (*steps, lower))


def what_overflows(seen: Seen) -> Lines:
    """After backward, where the scaler has left its infinities."""
    del seen
    return Lines(
        place=STEP,
        code=block("""
            for name, weight in model.named_parameters():
                if weight.grad is not None and not torch.isfinite(weight.grad).all():
                    print("overflows:", name)
        """),
        expect="the same few names at each skipped step: the last of them overflows first",
        changes=False,
    )
