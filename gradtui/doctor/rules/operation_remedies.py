"""What helps where an operation is known to have given NaN or infinity."""

from gradtui.core.autopsy import Autopsy
from gradtui.doctor.remedies import choices
from gradtui.doctor.remedies.choices import Choice
from gradtui.doctor.rules.operation_headlines import (
    ARCS,
    COUNTED,
    DIVISIONS,
    EXPONENTIALS,
    HIDDEN,
    LABELLED,
    LARGE,
    LOGS,
    MASKED,
    NOUGHT,
    ROOTS,
    SPREADS,
    VALUES,
    own_function,
)
from gradtui.doctor.rules.undefined_operations import operation

BY_OPERATION: dict[str, Choice] = {
    **dict.fromkeys(EXPONENTIALS, choices.OPERATION_EXP),
    **dict.fromkeys(LOGS, choices.OPERATION_LOG),
    **dict.fromkeys((*ROOTS, "hypot", "linalgvectornorm"), choices.OPERATION_ROOT),
    **dict.fromkeys(DIVISIONS, choices.OPERATION_DIVISION),
    **dict.fromkeys(ARCS, choices.OPERATION_ARC),
    **dict.fromkeys((*MASKED, "maskedfill"), choices.OPERATION_MASK),
    **dict.fromkeys(LABELLED, choices.OPERATION_LABELS),
    **dict.fromkeys(SPREADS, choices.OPERATION_SPREAD),
    **dict.fromkeys(VALUES, choices.OPERATION_VALUES),
    "ctcloss": choices.OPERATION_CTC,
}


def operation_remedies(found: Autopsy) -> Choice:
    """() where the operation is not known, or nothing can be done about it in its place."""
    word, back = operation(found), found.phase == "backward"
    if back and HIDDEN in found.words:
        return choices.OPERATION_TARGETS
    if back and own_function(found):
        return choices.OPERATION_OWN
    if word == "pow" and (back or "infinity" not in found.words):
        return choices.OPERATION_POWER
    if word == "mean" and "no values" in found.words:
        return choices.OPERATION_MEAN
    if not back and word in (*COUNTED, *LARGE, "pow") and "infinity" in found.words:
        return () if word == "mul" and NOUGHT in found.words else choices.OPERATION_LARGE
    found_for = BY_OPERATION.get(word, ())
    return found_for or (choices.NONFINITE_BACKWARD[:1] if back else ())
