"""From facts to a verdict."""

from gradtui.core.history import Facts
from gradtui.health.finding import UNDECIDED, Diagnosis


def diagnose(facts: Facts) -> Diagnosis:
    """Everything the rules find in a run so far, the most telling first."""
    return UNDECIDED
