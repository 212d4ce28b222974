"""From facts to a verdict: every rule is asked, what one explains another does not repeat."""

from dataclasses import replace

import numpy as np

from gradtui.core.facts import Facts
from gradtui.core.symptom import CONVERGED, HEALTHY, TOO_EARLY, UNDECIDED, Severity
from gradtui.doctor import thresholds as T
from gradtui.doctor.finding import NOTHING_SEEN, TOO_FEW, UNSEEN_LOSS, Diagnosis, Finding
from gradtui.doctor.gradient_agreement import NOTHING_IN_COMMON
from gradtui.doctor.notes import (
    attached,
    idle,
    odd_settings,
    odd_weights,
    replayed,
    spikes,
    structural_zeros,
    together,
)
from gradtui.doctor.optimizer_series import OptimizerSeries, streams
from gradtui.doctor.reading import Reading
from gradtui.doctor.remedies import choices
from gradtui.doctor.remedies.conditions.selection import suited
from gradtui.doctor.rules.exploding import exploded_to_nan
from gradtui.doctor.rules.logged import log_verdict, points
from gradtui.doctor.rules.miswired import (
    blown_up_by_wiring,
    explained,
    killed_by_one_input,
    wiring_notes,
    without_consequences,
)
from gradtui.doctor.rules.nonfinite import (
    calibrating,
    first_seen,
    nonfinite,
    outgrown,
    scaler_stuck,
)
from gradtui.doctor.rules.not_learning import begun_elsewhere, little_learned, lost_loss, no_better
from gradtui.doctor.rules.nothing_to_go_by import nothing_left
from gradtui.doctor.rules.parts_cut_off import NEVER_REACHED
from gradtui.doctor.rules.registry import BY_THE_START, EXPLAINED_BY, LOG_RULES, RULES, Rule
from gradtui.doctor.rules.replica_drift import SYMPTOM as DRIFT
from gradtui.doctor.rules.rounding import updates_in_part_lost
from gradtui.doctor.rules.units import pinned_first_layers
from gradtui.doctor.rules.update_arithmetic import by_division

EXPLAINED_BY_PLATEAU = {
    choices.WITHERED: ("vanishing_gradient", "dead_relu"),  # what little weights pass on, or none
    choices.FLAT_SCORES_BOUND: ("not_learning",),
}
"""Remedies of a plateau whose cause is certain -> what is no more than its consequence."""


def diagnose(facts: Facts) -> Diagnosis:
    """Everything the rules find in a run so far, the most telling first.

    After a NaN the rules judge the run as it was up to then: what follows is rubble.
    """
    if not len(facts):
        return NOTHING_SEEN
    with np.errstate(all="ignore"):  # infinity is an answer here
        return _examined(facts)


def _examined(facts: Facts) -> Diagnosis:
    step = int(facts.steps[-1])
    thrown = outgrown(facts)
    if thrown.any():
        facts = replace(facts, skipped=facts.skipped | thrown, first_nonfinite=None)
    apart = streams(facts)
    for stream in apart:
        seen = first_seen(stream.facts)
        if seen is not None:
            mine, whole = (replace(f, first_nonfinite=seen) for f in (stream.facts, facts))
            broken = _after_nonfinite(replace(stream, facts=mine), step)
            return replace(broken, findings=tuple(suited(f, whole) for f in broken.findings))
    readings = [Reading(stream.facts, stream.game, stream.share) for stream in apart]
    logged = facts.info.logged
    rules = RULES
    if logged is not None:
        rules = LOG_RULES if points(readings[0]) >= T.WINDOW else ()
    asked = [f for rule in rules for f in _asked(rule, readings)]
    found = [explained(f, facts) for f in _ordered(asked, facts)]
    about = (
        attached(facts),
        replayed(facts),
        odd_settings(facts),
        odd_weights(facts),
        idle(facts),
        structural_zeros(facts),
    )
    limits = logged.limits if logged is not None else ()
    told = (*together(facts), *_notes(readings), *about, *wiring_notes(facts, found), *limits)
    notes = tuple(n for n in told if n)
    if found:
        kept = tuple(suited(finding, facts) for finding in found)
        return Diagnosis(found[0].symptom, found[0].severity, step, kept, notes)
    if logged is not None:
        verdict, why = log_verdict(readings[0])
        if verdict == HEALTHY and readings[0].converged:
            verdict = CONVERGED
        return Diagnosis(verdict, Severity.OK, step, (), notes, why)
    if why := _undecided(readings):
        verdict = TOO_EARLY if why == TOO_FEW else UNDECIDED
        return Diagnosis(verdict, Severity.OK, step, (), notes, why)
    verdict = CONVERGED if all(reading.converged for reading in readings) else HEALTHY
    return Diagnosis(verdict, Severity.OK, step, (), notes)


def _undecided(readings: list[Reading]) -> str:
    """Why it is not known that nothing is wrong, where nothing was found; "" where it is."""
    if all(reading.seen < T.STILL_STEPS for reading in readings):
        return TOO_FEW
    if all(len(reading.used) < T.STILL_STEPS for reading in readings):
        measured, taken = (max(counts) for counts in zip(*map(_counts, readings), strict=True))
        return f"gradients were measured at {measured:,} of {taken:,} steps"
    if all(np.isnan(reading.losses).all() for reading in readings):
        return UNSEEN_LOSS
    rules = lost_loss, little_learned, no_better, begun_elsewhere, nothing_left
    clauses = (rule(reading) for reading in readings for rule in rules)
    return next((clause for clause in clauses if clause), "")


def _counts(reading: Reading) -> tuple[int, int]:
    return len(reading.used), reading.seen


def _asked(rule: Rule, readings: list[Reading]) -> list[Finding]:
    """Where a scaler has thrown every step away only that can be said."""
    able = [r for r in readings if len(r.used) or rule is scaler_stuck]
    if rule in BY_THE_START:
        able = [r for r in able if not r.start_unknown]
    return [finding for r in able if (finding := rule(r)) is not None]


def _notes(readings: list[Reading]) -> list[str]:
    rules = calibrating, spikes, updates_in_part_lost, pinned_first_layers
    return [rule(reading) for reading in readings for rule in rules]


def _after_nonfinite(stream: OptimizerSeries, step: int) -> Diagnosis:
    facts = stream.facts
    assert facts.first_nonfinite is not None
    count = int(np.searchsorted(facts.steps, facts.first_nonfinite.step))
    # A weight that the update made infinite still belongs to a step with finite facts.
    finite = ~np.isinf(facts.loss[:count]) & np.isfinite(facts.total_norm[:count])
    finite |= facts.skipped[:count]
    usable = int(np.argmin(finite)) if not finite.all() else count
    before = Reading(facts.until(usable or count), stream.game, stream.share)
    exploded = exploded_to_nan(before, facts)
    wrong = blown_up_by_wiring(before) if exploded is not None else None
    broken = nonfinite(before, facts)
    broken = by_division(broken, before, facts) if broken is not None else None
    kept = [explained(f, facts) for f in (wrong, exploded, broken) if f is not None]
    notes = facts.info.logged.limits if facts.info.logged is not None else ()
    return Diagnosis(kept[0].symptom, Severity.CRITICAL, step, tuple(kept), notes)


def _ordered(found: list[Finding], facts: Facts) -> list[Finding]:
    """Without repetitions and mere consequences; the worst first, then in the order of RULES."""
    first: dict[str, Finding] = {}
    for finding in found:
        first.setdefault(finding.symptom, finding)
    if killed_by_one_input(first, facts):
        first.pop("dead_relu")
    if "plateau" in first:
        for gone in EXPLAINED_BY_PLATEAU.get(first["plateau"].remedies, ()):
            first.pop(gone, None)
    if "not_learning" in first and first["not_learning"].remedies == choices.HEAVY_DROPOUT:
        first.pop("dead_relu", None)  # what is dropped at each step answers to nothing
    apart = "not_learning" in first and first["not_learning"].cause == NOTHING_IN_COMMON
    if "plateau" in first and apart:
        first.pop("not_learning")  # of whatever is the reason for that
    wired = first.get("miswired")
    if wired is not None and wired.cause == NEVER_REACHED and len(first) > 1:
        first.pop("miswired")  # whatever else there is says more
    for vague in ("plateau", "not_learning"):
        # Replicas that differ explain no lack of progress.
        if any(symptom not in (vague, DRIFT) for symptom in first):
            first.pop(vague, None)
    first = without_consequences(first, facts)
    kept: list[Finding] = []
    for finding in first.values():
        causes = [first[c] for c in EXPLAINED_BY.get(finding.symptom, ()) if c in first]
        if any(cause.first_step <= finding.first_step for cause in causes):
            continue
        later = [kept.index(c) for c in causes if c in kept]
        kept.insert(min(later, default=len(kept)), finding)
    return sorted(kept, key=lambda f: -f.severity)
