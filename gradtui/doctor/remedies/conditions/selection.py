"""From the remedies of a rule to those for the run at hand."""

from collections.abc import Callable
from dataclasses import replace

from gradtui.core.facts import Facts
from gradtui.doctor.finding import Finding
from gradtui.doctor.remedies.code.program_seen import ProgramSeen
from gradtui.doctor.remedies.conditions import nets, numbers, rates

Change = Callable[[ProgramSeen, tuple[str, ...]], tuple[str, ...]]

CHANGES: tuple[Change, ...] = (
    nets.recurrent,
    nets.transformer,
    nets.stack,
    nets.normed,
    nets.dead_from_start,
    numbers.inputs,
    numbers.games,
    rates.clipped,
    rates.too_small,
    rates.sides,
    rates.half,
)


def suited(finding: Finding, facts: Facts) -> Finding:
    """The same finding; `facts` are those that its prescriptions are made from, so that words and
    code agree."""
    seen, told = ProgramSeen(facts, finding), finding.remedies
    for change in CHANGES:
        told = change(seen, told) or told
    told = tuple(dict.fromkeys(told))
    return finding if told == finding.remedies else replace(finding, remedies=told)
