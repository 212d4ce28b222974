"""From the remedies of a rule to those for the run at hand."""

from collections.abc import Callable
from dataclasses import replace

from gradtui.core.facts import Facts
from gradtui.doctor.finding import Finding
from gradtui.doctor.program_seen import ProgramSeen
from gradtui.doctor.remedies.choices import Choice
from gradtui.doctor.remedies.conditions import nets, numbers, rates

Change = Callable[[ProgramSeen, Choice], Choice]

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
"""In this order: each is given what the one before it has made of the choice."""


def suited(finding: Finding, facts: Facts) -> Finding:
    """The same finding with the remedies for this run; `facts` are those that its prescriptions are
    made from, so that words and code agree. A finding is never left without a remedy."""
    seen, chosen = ProgramSeen(facts, finding), finding.remedies
    for change in CHANGES:
        chosen = change(seen, chosen) or chosen
    chosen = tuple(one for one in chosen if one.applies(seen)) or chosen
    chosen = tuple(dict.fromkeys(chosen))
    return finding if chosen == finding.remedies else replace(finding, remedies=chosen)
