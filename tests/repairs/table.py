"""The table of repairs and the rate."""

from collections import Counter
from collections.abc import Sequence

from tests.repairs.judge import ONLY_LOOKS, UNNAMED, Repair


def table(repairs: Sequence[Repair]) -> str:
    """Case, symptom, rank and words of the remedy, what became of it, the numbers."""
    wide = max(len(r.case) for r in repairs)
    lines = []
    for r in repairs:
        remedy = r.remedy if len(r.remedy) <= 44 else r.remedy[:43] + "…"
        lines.append(
            f"{r.case:<{wide}} {r.seed}  {r.symptom:<20} {r.rank} {remedy:<44} {r.word:<12} {r.reason}"
        )
    return "\n".join(lines)


def first_ranked(repairs: Sequence[Repair]) -> list[Repair]:
    """Of each run the remedy that is named first, where its lines change something."""
    first: dict[tuple[str, int], Repair] = {}
    for r in repairs:
        first.setdefault((r.case, r.seed), r)
    return [r for r in first.values() if r.counts]


def rate(repairs: Sequence[Repair]) -> float:
    """Share of runs that the first remedy has repaired, with a gain."""
    judged = first_ranked(repairs)
    return sum(r.repaired for r in judged) / len(judged) if judged else 0.0


def strict_rate(repairs: Sequence[Repair]) -> tuple[int, int]:
    """Repaired runs, of those that were found sick: a first remedy that only looks has failed."""
    found = {(r.case, r.seed) for r in repairs if r.word != UNNAMED}
    return sum(r.repaired for r in first_ranked(repairs)), len(found)


def summary(repairs: Sequence[Repair]) -> str:
    judged = first_ranked(repairs)
    words = Counter(r.word for r in judged)
    counts = ", ".join(f"{words[word]} {word}" for word in sorted(words))
    runs = {(r.case, r.seed) for r in repairs}
    looks = {(r.case, r.seed) for r in repairs if r.word == ONLY_LOOKS and r.rank == 1}
    unnamed = sum(r.word == UNNAMED for r in repairs)
    repaired, found = strict_rate(repairs)
    later = [r for r in repairs if (r.case, r.seed) in looks and r.counts and r.repaired]
    return (
        f"repaired by the remedy named first: {sum(r.repaired for r in judged)} of {len(judged)} "
        f"runs ({100 * rate(repairs):.1f} %): {counts}\n"
        f"a first remedy that only looks counted as a failure: {repaired} of {found} runs "
        f"({100 * repaired / max(found, 1):.1f} %)\n"
        f"of {len(runs)} runs, {unnamed} were not found sick, and in {len(looks)} the first remedy "
        f"only looks; a later one repaired {len({(r.case, r.seed) for r in later})} of these"
    )
