"""When the doctor first said that a run is sick."""

from collections.abc import Callable

import numpy as np

from gradtui.core.facts import Facts
from gradtui.doctor.diagnose import diagnose
from gradtui.doctor.finding import Diagnosis

GLANCES = 32
"""Lengths of the run at which the doctor is asked; between two of them the first is halved in on."""


def first_alarm(facts: Facts, ask: Callable[[Facts], Diagnosis] = diagnose) -> int | None:
    """The first step with a non-finite value or a finding, as one who watched would have seen it.

    None where the run was healthy whenever it was looked at. Halving in assumes that what is found
    has been there since; an alarm that comes and goes between two glances may be missed.
    """
    if facts.first_nonfinite is not None:
        facts = facts.until(int(np.searchsorted(facts.steps, facts.first_nonfinite.step)) + 1)
    count = len(facts)
    before = 0
    for glance in np.unique(np.linspace(1, count, GLANCES).astype(int)).tolist() if count else []:
        if not ask(facts.until(glance)).healthy:
            return int(facts.steps[_first(facts, before, glance, ask) - 1])
        before = glance
    return None


def _first(facts: Facts, well: int, sick: int, ask: Callable[[Facts], Diagnosis]) -> int:
    while sick - well > 1:
        middle = (well + sick) // 2
        if ask(facts.until(middle)).healthy:
            well = middle
        else:
            sick = middle
    return sick
