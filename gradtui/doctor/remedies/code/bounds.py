"""What a run must stay within: an end to its schedule, decay that leaves weights, targets in reach."""

from gradtui.doctor.program_seen import ProgramSeen
from gradtui.doctor.remedies.code.fragments import block
from gradtui.doctor.remedies.code.prescription import DATA, LOSS, OPTIMIZER, STEP
from gradtui.doctor.remedy import CodeLines, Remedy

USUAL_DECAY = 0.01


def slower_schedule(seen: ProgramSeen) -> CodeLines:
    """In place of the schedule that is there; of the largest rate that was seen."""
    del seen
    code = block("""
        total = 10_000  # all steps of the run; step the scheduler once a step, in place of the other one
        scheduler = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.1, total_iters=total)
    """)
    return CodeLines(OPTIMIZER, code, "a loss that goes on falling until the end of the run")


def scheduler_each_step(seen: ProgramSeen) -> CodeLines:
    """Where a schedule counts steps it is told of each one."""
    del seen
    code = block("""
        rate = optimizer.param_groups[0]["lr"]
        if rate != getattr(optimizer, "rate_seen", rate):
            print("learning rate", optimizer.rate_seen, "->", rate)
        optimizer.rate_seen = rate
    """)
    expect = "a line at each step of the warm-up: else scheduler.step() belongs here, after optimizer.step()"
    return CodeLines(STEP, code, expect, changes=False)


def less_decay(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block(f"""
        for group in optimizer.param_groups:
            print("weight decay so far:", group.get("weight_decay"))  # 0: a penalty in the loss?
            group["weight_decay"] = min(group.get("weight_decay", 0), {USUAL_DECAY})
    """)
    return CodeLines(
        OPTIMIZER, code, "weight norms that stay within a factor of a few of the first ones"
    )


def sign_and_range(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        print("loss", loss.item(), "targets", *targets.aminmax())
        assert loss.item() >= 0, "the sign of a term is wrong, or targets are out of range"
    """)
    expect = "a loss that is never negative, and targets between 0 and 1 where it is cross-entropy"
    return CodeLines(LOSS, code, expect, changes=False)


def targets_in_reach(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        low, high = targets.min(), targets.max()
        targets = (targets - low) / (high - low)  # for a sigmoid at the output; 2 * targets - 1 for tanh
        # an answer in the old units is: answer * (high - low) + low
    """)
    return CodeLines(DATA, code, "a loss that falls far below the variance of the targets")


SLOWER_SCHEDULE = Remedy(
    id="slower_schedule",
    text=("let the learning rate fall over the whole run: to a tenth by its end, not to nothing"),
    code=slower_schedule,
    source=("Hoffmann et al., 2022, arXiv:2203.15556"),
)
SCHEDULER_EACH_STEP = Remedy(
    id="scheduler_each_step",
    text=("call the scheduler after each step, or count its warm-up in epochs"),
    code=scheduler_each_step,
)
LESS_WEIGHT_DECAY = Remedy(
    id="less_weight_decay",
    text=("lower the weight decay (0.01 is usual), and any penalty on the weights in the loss"),
    code=less_decay,
    source=("Loshchilov and Hutter, 2019, arXiv:1711.05101"),
)
SIGN_AND_RANGE = Remedy(
    id="sign_and_range",
    text=("check the sign of the loss, and that the targets are in the range that it is made for"),
    code=sign_and_range,
)
TARGETS_IN_RANGE = Remedy(
    id="targets_in_range",
    text=("bring the targets into the range of the output, or leave its bounds off"),
    code=targets_in_reach,
    source=("LeCun et al., 1998, Efficient BackProp"),
)
