"""What was said of a run, and whether it was right."""

from dataclasses import dataclass, replace

from gradtui.core.facts import Facts
from gradtui.core.symptom import CONVERGED, HEALTHY, OPEN
from gradtui.doctor.diagnose import diagnose
from gradtui.doctor.finding import Diagnosis
from tests.verdicts.case import Case
from tests.verdicts.watched import record, recorded

MOST_TURNS = 2
"""Changes of a sick run's verdict after it was first named: a cause may come to light behind another
one, and the verdict may not waver."""


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
    delay: int = 0
    """Of a sick run: steps from when it could first be decided until it was named right for good."""
    caused: bool | None = None
    """The first finding says the cause; None where it is not asked."""
    cause: str = ""
    stranger: bool = False

    @property
    def turns(self) -> int:
        """How often the verdict changed after the run was first named right."""
        words = [word for _, word in self.changes]
        named = next((i for i, word in enumerate(words) if word == self.verdict), len(words))
        return max(len(words) - named - 1, 0)

    @property
    def steady(self) -> bool:
        return self.wanted == HEALTHY or self.turns <= MOST_TURNS


def judge(case: Case, seed: int, *, untold: bool = False) -> Said:
    """`untold`: what the watcher could tell of the task from the loss's graph is kept back."""
    facts = record(case.program, seed).facts()
    if untold:
        facts = replace(facts, info=replace(facts.info, task="", classes=0))
    told = [(int(facts.steps[n - 1]), diagnose(facts.until(n))) for n in asked(case, facts)]
    alarm = next(((s, d) for s, d in told if not d.healthy), None)
    step, final = alarm if case.healthy and alarm else told[-1]
    changes = [(s, d.verdict) for s, d in told]
    changes = [c for i, c in enumerate(changes) if i == 0 or c[1] != changes[i - 1][1]]
    said = _said(case, seed, final, step, tuple(changes))
    return said if case.healthy else replace(said, delay=delay(case, told))


def judge_within(case: Case, seed: int, overhead: float) -> Said:
    """What is said at the end of a run of which a budget leaves only some steps measured: of a healthy
    one it may be that it is not known."""
    facts = recorded(case.program, seed, overhead)
    final = diagnose(facts)
    said = _said(case, seed, final, int(facts.steps[-1]), ((len(facts), final.verdict),))
    return replace(
        said,
        right=said.right or (case.healthy and said.verdict in OPEN),
        evidence=said.evidence or final.why,
    )


def _said(
    case: Case, seed: int, final: Diagnosis, step: int, changes: tuple[tuple[int, str], ...]
) -> Said:
    verdict = HEALTHY if final.verdict == CONVERGED else final.verdict
    return Said(
        case=case.name,
        seed=seed,
        wanted=case.accepted[0],
        verdict=verdict,
        right=verdict in case.accepted,
        placed=not case.layers or located(case, final),
        step=step,
        evidence=final.findings[0].evidence if final.findings else "",
        changes=changes,
        held_out=case.held_out,
        caused=explained(case, final) if case.cause else None,
        cause=final.findings[0].cause if final.findings else "",
        stranger=case.stranger,
    )


def delay(case: Case, told: list[tuple[int, Diagnosis]]) -> int:
    """Decidable is a run once the doctor says anything at all and what he names last has begun."""
    final = told[-1][1]
    since = min((f.first_step for f in final.findings), default=0)
    decidable = next((s for s, d in told if (d.decided or not d.healthy) and s >= since), 0)
    wrong = [i for i, (_, d) in enumerate(told) if d.verdict not in case.accepted]
    named = told[min(wrong[-1] + 1, len(told) - 1) if wrong else 0][0]
    return max(named - decidable, 0)


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


def explained(case: Case, diagnosis: Diagnosis) -> bool:
    text = " ".join(f"{f.evidence} {f.cause}" for f in diagnosis.findings[:1]).lower()
    return any(word in text for word in case.cause)
