"""Loss functions that are not defined for what they were given."""

from gradtui.doctor.remedies.code import checks, operations
from gradtui.doctor.remedies.code.prescription import CodeLines
from gradtui.doctor.remedies.code.program_seen import ProgramSeen


def undefined_loss(seen: ProgramSeen) -> CodeLines:
    """The operation made safe where it is known; else what goes in, as no module is to blame."""
    made = operations.undefined_forward(seen)
    return made if made is not None and made.changes else checks.watch_loss(seen)
