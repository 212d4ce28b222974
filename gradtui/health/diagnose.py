"""From facts to a verdict: every rule is asked, what one explains another does not repeat."""

from collections.abc import Callable

import numpy as np

from gradtui.core.facts import Facts
from gradtui.core.symptom import CONVERGED, HEALTHY, Severity
from gradtui.health.finding import UNDECIDED, Diagnosis, Finding
from gradtui.health.reading import Reading
from gradtui.health.rules.exploding import exploded_and_died, exploded_to_nan, exploding
from gradtui.health.rules.nonfinite import calibrating, nonfinite, scaler_stuck
from gradtui.health.rules.steps import (
    badly_scaled,
    clipping_dominates,
    oscillating_loss,
    output_cannot_change,
    plateau,
    too_small_steps,
)
from gradtui.health.rules.units import dead_relu, fp16_underflow, saturated
from gradtui.health.rules.vanishing import (
    vanishing_everywhere,
    vanishing_through_time,
    vanishing_with_depth,
)

RULES: tuple[Callable[[Reading], Finding | None], ...] = (
    scaler_stuck,
    output_cannot_change,
    exploded_and_died,
    saturated,
    exploding,
    fp16_underflow,
    dead_relu,
    vanishing_through_time,
    vanishing_with_depth,
    vanishing_everywhere,
    clipping_dominates,
    badly_scaled,
    oscillating_loss,
    too_small_steps,
    plateau,
)
"""In the order in which one finding goes before another of the same severity."""

EXPLAINED_BY: dict[str, tuple[str, ...]] = {
    "vanishing_gradient": (
        "dead_relu",
        "fp16_underflow",
        "saturated",
        "output_cannot_change",
        "exploding_gradient",
    ),
    "dead_relu": ("fp16_underflow", "output_cannot_change"),
    "oscillating_loss": ("exploding_gradient",),
    "badly_scaled": ("exploding_gradient",),
}
"""Symptom -> findings that cause it: where one began no later, the symptom is not told again; where
it began later, it is the consequence and comes second. A plateau is a consequence of anything."""


def diagnose(facts: Facts) -> Diagnosis:
    """Everything the rules find in a run so far, the most telling first.

    After a NaN the rules judge the run as it was up to then: what follows is rubble.
    """
    if not len(facts):
        return UNDECIDED
    step = int(facts.steps[-1])
    if facts.first_nonfinite is not None:
        return _after_nonfinite(facts, step)
    reading = Reading(facts)
    found = _ordered([f for rule in RULES if (f := rule(reading)) is not None])
    notes = tuple(n for n in (calibrating(reading), structural_zeros(facts)) if n)
    if not found:
        verdict = CONVERGED if reading.converged else HEALTHY
        return Diagnosis(verdict, Severity.OK, step, (), notes)
    return Diagnosis(found[0].symptom, found[0].severity, step, tuple(found), notes)


def structural_zeros(facts: Facts) -> str:
    """A note on tensors whose gradient is zero by construction, else ""."""
    idle = [t for t in facts.layout.tensors if t.structural_zero]
    if not idle:
        return ""
    more = f" and {len(idle) - 1} more" if len(idle) > 1 else ""
    return f"{idle[0].name}{more}: no gradient by design ({idle[0].structural_zero})"


def _after_nonfinite(facts: Facts, step: int) -> Diagnosis:
    assert facts.first_nonfinite is not None
    count = int(np.searchsorted(facts.steps, facts.first_nonfinite.step))
    # A weight that the update made infinite still belongs to a step with finite facts.
    finite = np.isfinite(facts.loss[:count]) & np.isfinite(facts.total_norm[:count])
    usable = int(np.argmin(finite | facts.skipped[:count])) if not finite.all() else count
    before = Reading(facts.until(usable if not finite.all() and usable else count))
    findings = [exploded_to_nan(before, facts), nonfinite(before, facts)]
    kept = [f for f in findings if f is not None]
    return Diagnosis(kept[0].symptom, Severity.CRITICAL, step, tuple(kept))


def _ordered(found: list[Finding]) -> list[Finding]:
    """Without repetitions and mere consequences; the worst first, then in the order of RULES."""
    first: dict[str, Finding] = {}
    for finding in found:
        first.setdefault(finding.symptom, finding)
    if len(first) > 1:
        first.pop("plateau", None)
    kept: list[Finding] = []
    for finding in first.values():
        causes = [first[c] for c in EXPLAINED_BY.get(finding.symptom, ()) if c in first]
        if any(cause.first_step <= finding.first_step for cause in causes):
            continue
        later = [kept.index(c) for c in causes if c in kept]
        kept.insert(min(later, default=len(kept)), finding)
    return sorted(kept, key=lambda f: -f.severity)
