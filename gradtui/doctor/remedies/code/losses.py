"""Loss functions that are not defined for what they were given."""

from gradtui.doctor.program_seen import ProgramSeen
from gradtui.doctor.remedies.code import checks, operations
from gradtui.doctor.remedy import CodeLines, Remedy


def undefined_loss(seen: ProgramSeen) -> CodeLines:
    """The operation made safe where it is known; else what goes in, as no module is to blame."""
    made = operations.undefined_forward(seen)
    return made if made is not None and made.changes else checks.watch_loss(seen)


LOSS_INPUTS = Remedy(
    id="loss_inputs",
    text=("is there a division by zero, a log or a root of zero in the loss function?"),
    code=undefined_loss,
)
