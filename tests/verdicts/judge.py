"""What was said of a run, and whether it was right."""

from dataclasses import dataclass, replace

from gradtui.core.facts import Facts
from gradtui.core.symptom import CONVERGED, HEALTHY
from gradtui.health.diagnose import diagnose
from gradtui.health.finding import Diagnosis
from tests.verdicts.case import Case
from tests.verdicts.watched import record


@dataclass(frozen=True, slots=True)
class Said:
    """`step` is that of the first false alarm, or else the last one."""

    case: str
    seed: int
    wanted: str
    verdict: str
    right: bool
    placed: bool
    """A sick run's layers are among those named."""
    step: int
    evidence: str
    changes: tuple[tuple[int, str], ...]
    held_out: bool


def judge(case: Case, seed: int, *, untold: bool = False) -> Said:
    """`untold`: what the watcher could tell of the task from the loss's graph is kept back."""
    facts = record(case.program, seed).facts()
    if untold:
        facts = replace(facts, info=replace(facts.info, task="", classes=0))
    told = [(int(facts.steps[n - 1]), diagnose(facts.until(n))) for n in asked(case, facts)]
    alarm = next(((s, d) for s, d in told if not d.healthy), None)
    step, final = alarm if case.healthy and alarm else told[-1]
    verdict = HEALTHY if final.verdict == CONVERGED else final.verdict
    changes = [(s, d.verdict) for s, d in told]
    return Said(
        case=case.name,
        seed=seed,
        wanted=case.accepted[0],
        verdict=verdict,
        right=verdict in case.accepted,
        placed=not case.layers or located(case, final),
        step=step,
        evidence=final.findings[0].evidence if final.findings else "",
        changes=tuple(c for i, c in enumerate(changes) if i == 0 or c[1] != changes[i - 1][1]),
        held_out=case.held_out,
    )


def asked(case: Case, facts: Facts) -> list[int]:
    """After every step where nothing may ever be said, now and then where the end counts."""
    last = len(facts)
    if case.healthy:
        return list(range(1, last + 1))
    return sorted({*range(5, last, 5), last})


def located(case: Case, diagnosis: Diagnosis) -> bool:
    named = [name for finding in diagnosis.findings for name in finding.layers]
    named += [finding.evidence for finding in diagnosis.findings]
    return any(wanted in name for wanted in case.layers for name in named)
