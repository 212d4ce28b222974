"""The learning rate: lower, higher, warmed up."""

import math

from gradtui.doctor.program_seen import ProgramSeen, middle
from gradtui.doctor.remedies.code.fragments import block, joined, number, step_of
from gradtui.doctor.remedies.code.limits import clip_at
from gradtui.doctor.remedies.code.prescription import OPTIMIZER, STEP
from gradtui.doctor.remedy import CodeLines, Remedy

SOUND_RATIO = 0.03
"""Update over weight norm in one of the first steps of a sound run, at most; later about 1e-3."""
CUSTOMARY = {"adaptive": 1e-3, "sgd": 0.1}
"""Where people begin with an optimizer: a rate that has ruined a run is brought down at least to
there."""
CEILING = {"adaptive": 1e-2, "sgd": 1.0}
"""What hardly anybody goes beyond, and no prescription does."""
TINY = 1e-5
"""A learning rate of that or less is not brought up step by step, but to where people begin."""
FAINT_RATIO, FINE_RATIO = 1e-3, 3e-3
"""Update over weight norm below which steps are short; below which rather they than long ones keep a
net where it is."""
WARMUP = 200


def set_lr(seen: ProgramSeen, factor: float) -> str:
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


def optimizer_kind(seen: ProgramSeen) -> str:
    """A key of CUSTOMARY, "" where it is neither."""
    words = seen.facts.info.optimizer.lower()
    return "adaptive" if "adam" in words or "rmsprop" in words else "sgd" if "sgd" in words else ""


def above_custom(seen: ProgramSeen) -> float:
    """The learning rate as a multiple of what people begin with; NaN where neither is known."""
    kind = optimizer_kind(seen)
    return seen.lr / CUSTOMARY[kind] if kind else math.nan


def larger(seen: ProgramSeen, factor: float) -> float:
    """`factor`, or what of it still leads to a learning rate that is usual; not above 1 where that
    is none. From a tiny one it leads to where people begin."""
    if math.isnan(seen.lr):
        return factor
    kind = optimizer_kind(seen)
    most = CEILING[kind] if kind else max(CEILING.values())
    if kind and seen.lr <= CUSTOMARY[kind] / 10:
        most = CUSTOMARY[kind]
    wanted = seen.lr * factor
    if seen.lr <= TINY and kind:
        usual = CUSTOMARY[kind]
        wanted = usual if kind == "adaptive" else min(max(wanted, usual / 10), usual)
    return min(wanted, most) / seen.lr


def overshoot(seen: ProgramSeen, least: float = 10.0) -> float:
    """By how much steps are too long, as the update ratio and custom tell."""
    told = (seen.ratio / SOUND_RATIO, above_custom(seen))
    return min(max([least, *(v for v in told if v > 0)]), 1e4)


def lower_lr_somewhat(seen: ProgramSeen) -> CodeLines:
    return CodeLines(
        OPTIMIZER,
        set_lr(seen, overshoot(seen, 3.0)),
        "a loss that falls instead of jumping from step to step",
    )


def unclipped_lr(seen: ProgramSeen) -> CodeLines:
    """The learning rate that makes of a whole gradient what clipping makes of a shortened one, and
    a threshold that lets whole gradients pass."""
    factor = seen.clip_factor
    wanted = 10.0 if seen.adaptive or math.isnan(factor) else 1 / factor
    return CodeLines(
        OPTIMIZER,
        set_lr(seen, step_of(wanted, 3.0, 1000.0)),
        "fewer than half of the steps clipped, and a lower loss",
        also=((STEP, clip_at(seen, seen.norm)),),
    )


def raise_lr(seen: ProgramSeen) -> CodeLines | None:
    """To where updates are about a thousandth of the weights; None where it is as high as people
    go."""
    wanted = 1e-3 / seen.ratio if seen.ratio > 0 else 100.0
    factor = larger(seen, step_of(wanted, 10.0, 1e6))
    if not factor > 1:
        return None
    return CodeLines(
        OPTIMIZER,
        set_lr(seen, 1 / factor),
        "updates of about a thousandth of a weight's size, and a loss that falls",
    )


def other_lr(seen: ProgramSeen) -> CodeLines:
    """The likelier side of the two first: the update ratio tells, or else the learning rate."""
    ratio = seen.whole_ratio
    short = ratio < FINE_RATIO if ratio > 0 else not above_custom(seen) > 1
    why = f"steps change {ratio:.1g} of a weight" if ratio > 0 else ""
    return _other(seen, short=short, why=why)


def longer_steps(seen: ProgramSeen) -> CodeLines:
    return _other(seen, short=True)


def shorter_steps(seen: ProgramSeen) -> CodeLines:
    return _other(seen, short=False)


def _other(seen: ProgramSeen, *, short: bool, why: str = "") -> CodeLines:
    """Larger where steps are `short`, as far as there is room above; then the other side."""
    up = larger(seen, 10.0)
    short = short and up > 1
    code = set_lr(seen, 1 / up if short else 10.0)
    if why:
        code = f"# {why}: {'larger' if short else 'smaller'} first\n{code}"
    if not math.isnan(seen.lr) and (not short or seen.lr >= TINY) and up > 1:
        code += f"; then the other side: {number(seen.lr * (0.1 if short else up))}"
    return CodeLines(OPTIMIZER, code, "a loss that leaves the plateau on one side")


def warm_up_code() -> str:
    return block(f"""
        warmup = torch.optim.lr_scheduler.LinearLR(optimizer, 0.01, total_iters={WARMUP})
        optimizer.register_step_post_hook(lambda *_: warmup.step())
    """)


def warm_up(seen: ProgramSeen) -> CodeLines:
    del seen
    expect = f"no jump of the loss in the first {WARMUP} steps or after them"
    return CodeLines(OPTIMIZER, warm_up_code(), expect)


def lower_and_warm_up(seen: ProgramSeen) -> CodeLines:
    """A good deal lower only where something says that steps are too long."""
    long = seen.ratio > SOUND_RATIO or above_custom(seen) > 1
    code = joined(set_lr(seen, overshoot(seen) if long else 3.0), warm_up_code())
    return CodeLines(OPTIMIZER, code, f"a loss that falls from the first {WARMUP} steps on")


def steady_lr(seen: ProgramSeen) -> CodeLines:
    """Never above what it was before it was put up."""
    before = middle(seen.facts.lr[: seen.before])
    most = seen.lr / 10 if math.isnan(before) else before
    code = block(f"""
        for group in optimizer.param_groups:  # before optimizer.step(), whatever has set it
            if group["lr"] > {number(most)}:
                group["lr"] = {number(most)}  # as before it was put up
    """)
    return CodeLines(STEP, code, "no jump of the loss where the learning rate was put up")


def equal_rates(seen: ProgramSeen) -> CodeLines:
    """No group slower than a tenth of the fastest."""
    del seen
    code = block("""
        most = max(group["lr"] for group in optimizer.param_groups)
        for group in optimizer.param_groups:
            group.update(lr=max(group["lr"], most / 10))
    """)
    return CodeLines(OPTIMIZER, code, "update ratios of about 1e-3 in every layer")


STEADY_LR = Remedy(
    id="steady_lr",
    text=(
        "find what put the learning rate up (a resumed schedule, another configuration), and keep it "
        "where it was"
    ),
    code=steady_lr,
)
EQUAL_RATES = Remedy(
    id="equal_rates",
    text=("give these layers a learning rate nearer to that of the others"),
    code=equal_rates,
    source=("Howard and Ruder, 2018, arXiv:1801.06146: a factor of 2.6 from layer to layer"),
)
LOWER_LR_AND_WARM_UP = Remedy(
    id="lower_lr_and_warm_up",
    text=("lower the learning rate, and warm it up over the first hundreds of steps"),
    code=lower_and_warm_up,
    source=("Goyal et al., 2017, arXiv:1706.02677; Xiong et al., 2020, arXiv:2002.04745"),
)
WARM_UP = Remedy(
    id="warm_up",
    text=("warm the learning rate up over the first hundreds of steps"),
    code=warm_up,
    source=("Goyal et al., 2017, arXiv:1706.02677"),
)
LOWER_LR_BELOW_CLIP = Remedy(
    id="lower_lr_below_clip",
    text=("lower the learning rate until fewer than half of the steps are clipped"),
    code=unclipped_lr,
    source=("Pascanu, Mikolov and Bengio, 2013, arXiv:1211.5063"),
)
LOWER_LR_SOMEWHAT = Remedy(
    id="lower_lr_somewhat",
    text=("lower the learning rate by a factor of 3 to 10"),
    code=lower_lr_somewhat,
    source=("Bengio, 2012, arXiv:1206.5533"),
)
LARGER_BATCH = Remedy(
    id="larger_batch",
    text=("use a larger batch, or warm the learning rate up"),
    code=warm_up,
    source=("Smith et al., 2018, arXiv:1711.00489; Goyal et al., 2017, arXiv:1706.02677"),
)
COMPARE_LR = Remedy(
    id="compare_lr",
    text=("compare a learning rate 10 times larger and one 10 times smaller"),
    code=other_lr,
    source=("Smith, 2017, arXiv:1506.01186"),
)
COMPARE_LARGER_LR = Remedy(
    id="compare_larger_lr",
    text=(
        "compare a learning rate 10 times larger: steps change hardly a thousandth of the weights"
    ),
    code=longer_steps,
    source=("Smith, 2017, arXiv:1506.01186"),
)
COMPARE_SMALLER_LR = Remedy(
    id="compare_smaller_lr",
    text=(
        "compare a learning rate 10 times smaller: steps change several hundredths of the weights"
    ),
    code=shorter_steps,
    source=("Smith, 2017, arXiv:1506.01186"),
)
RAISE_LR = Remedy(
    id="raise_lr",
    text=("raise the learning rate by a factor of 10 to 1000"),
    code=raise_lr,
    source=("Smith, 2017, arXiv:1506.01186"),
)
USUAL_LR = Remedy(
    id="usual_lr",
    text=("raise the learning rate to what is usual for the optimizer"),
    code=raise_lr,
    source=("Bengio, 2012, arXiv:1206.5533"),
)
