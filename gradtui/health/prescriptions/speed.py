"""The learning rate: lower, higher, warmed up."""

import math

from gradtui.health.prescriptions.code import block, joined, number, step_of
from gradtui.health.prescriptions.prescription import OPTIMIZER, STEP, Lines
from gradtui.health.prescriptions.seen import Seen

SOUND_RATIO = 0.03
"""Update over weight norm in one of the first steps of a sound run, at most; later about 1e-3."""
CUSTOMARY = {"adaptive": 1e-3, "sgd": 0.1}
"""Where people begin with an optimizer: a rate that has ruined a run is brought down at least to
there."""
WARMUP = 200


def set_lr(seen: Seen, factor: float) -> str:
    """Lines that divide the learning rate by `factor` (multiply it, where that is below 1)."""
    change = f"/= {number(factor)}" if factor >= 1 else f"*= {number(1 / factor)}"
    if math.isnan(seen.lr):
        return f'for group in optimizer.param_groups:\n    group["lr"] {change}'
    new = number(seen.lr / factor)
    if seen.lr_changes:
        return block(f"""
            for group in optimizer.param_groups:
                group["lr"] {change}  # at most {seen.lr:.3g} so far; a schedule's own, such as max_lr, too
        """)
    return block(f"""
        for group in optimizer.param_groups:  # or lr={new} where {seen.optimizer or "it"} is built
            group["lr"] = {new}  # {seen.lr:.3g} so far
    """)


def above_custom(seen: Seen) -> float:
    """The learning rate as a multiple of what people begin with; NaN where neither is known."""
    words = seen.facts.info.optimizer.lower()
    kind = "adaptive" if "adam" in words or "rmsprop" in words else "sgd" if "sgd" in words else ""
    return seen.lr / CUSTOMARY[kind] if kind else math.nan


def overshoot(seen: Seen, least: float = 10.0) -> float:
    """By how much steps are too long, as the update ratio and custom tell."""
    told = (seen.ratio / SOUND_RATIO, above_custom(seen))
    return min(max([least, *(v for v in told if v > 0)]), 1e4)


def lower_lr_somewhat(seen: Seen) -> Lines:
    return Lines(
        OPTIMIZER,
        set_lr(seen, overshoot(seen, 3.0)),
        "a loss that falls instead of jumping from step to step",
    )


def unclipped_lr(seen: Seen) -> Lines:
    """The learning rate that makes of a whole gradient what clipping makes of a shortened one, and
    a threshold that lets whole gradients pass."""
    factor = seen.clip_factor
    wanted = 10.0 if seen.adaptive or math.isnan(factor) else 1 / factor
    return Lines(
        OPTIMIZER,
        set_lr(seen, step_of(wanted, 3.0, 1000.0)),
        "fewer than half of the steps clipped, and a lower loss",
        also=((STEP, clip_at(seen, seen.norm)),),
    )


def clip_at(seen: Seen, size: float) -> str:
    """A clip that takes the place of whatever clip there is."""
    there = bool(seen.clip_factor > 0)
    return joined(
        "# in place of the clipping that is there" if there else "",
        "# scaler.unscale_(optimizer) goes before this line" if seen.scaled else "",
        f"torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm={number(size)})",
    )


def raise_lr(seen: Seen) -> Lines:
    """To where updates are about a thousandth of the weights."""
    wanted = 1e-3 / seen.ratio if seen.ratio > 0 else 100.0
    return Lines(
        OPTIMIZER,
        set_lr(seen, 1 / step_of(wanted, 10.0, 1e6)),
        "updates of about a thousandth of a weight's size, and a loss that falls",
    )


def other_lr(seen: Seen) -> Lines:
    """The likelier side of the two first: the update ratio tells."""
    small = not seen.ratio > 1e-3
    other = f"; then the other side: {number(seen.lr * (0.1 if small else 10))}"
    code = set_lr(seen, 0.1 if small else 10.0)
    known = not math.isnan(seen.lr)
    return Lines(
        OPTIMIZER, code + other if known else code, "a loss that leaves the plateau on one side"
    )


def warm_up(seen: Seen) -> Lines:
    del seen
    code = block(f"""
        warmup = torch.optim.lr_scheduler.LinearLR(optimizer, 0.01, total_iters={WARMUP})
        optimizer.register_step_post_hook(lambda *_: warmup.step())
    """)
    return Lines(OPTIMIZER, code, f"no jump of the loss in the first {WARMUP} steps or after them")
