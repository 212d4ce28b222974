"""The table of repairs and the rate."""

from collections import Counter
from collections.abc import Sequence

import torch

from gradtui.doctor.remedy_effect import CURED, GAIN_ACCURACY, GAIN_LOSS, PARTLY
from tests.repairs.case import Case
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
    """Of each run that was found sick the remedy that is named first, whatever it does."""
    first: dict[tuple[str, int], Repair] = {}
    for r in repairs:
        first.setdefault((r.case, r.seed), r)
    return [r for r in first.values() if r.word != UNNAMED]


def rate(repairs: Sequence[Repair]) -> float:
    """Share of the runs found sick that the remedy named first has repaired, with a gain; one that
    only looks has failed."""
    judged = first_ranked(repairs)
    return sum(r.repaired for r in judged) / len(judged) if judged else 0.0


def conditions(cases: Sequence[Case], seeds: int) -> str:
    steps = sorted({case.steps for case in cases})
    return (
        f"{len(cases)} sick programs, {seeds} seeds each, {steps[0]} to {steps[-1]} steps, one CPU "
        f"thread a run, torch {torch.__version__}.\n"
        "The lines of the remedy named first are put at their place, nothing else is changed: same "
        "seed, same batches.\n"
        f"{CURED}: healthy, and a gain ({100 * GAIN_ACCURACY:.0f} points of accuracy, or a loss "
        f"{100 * GAIN_LOSS:.0f} % below that of the sick run and of a net that knows nothing). "
        f"{PARTLY}: a gain, but something is still wrong. All else has failed."
    )


def summary(repairs: Sequence[Repair]) -> str:
    judged = first_ranked(repairs)
    words = Counter(r.word for r in judged)
    counts = ", ".join(f"{words[word]} {word}" for word in sorted(words))
    runs = len({(r.case, r.seed) for r in repairs})
    done = sum(r.repaired for r in judged)
    told = [r for r in judged if r.word != ONLY_LOOKS]
    failed = [f"{r.case} {r.seed} ({r.word})" for r in judged if not r.repaired]
    unnamed = [f"{r.case} {r.seed}" for r in repairs if r.word == UNNAMED]
    looks = {(r.case, r.seed) for r in judged if r.word == ONLY_LOOKS}
    later = {(r.case, r.seed) for r in repairs if r.counts and r.repaired} & looks
    lines = [
        f"repaired / found sick: {_share(done, len(judged))}: {counts}",
        f"leaving out first remedies that only look: {_share(done, len(told))}; of those "
        f"{len(looks)} runs a later remedy repaired {len(later)}",
        f"repaired / all runs, those not found sick too: {_share(done, runs)}",
    ]
    lines += [f"failed: {', '.join(failed)}"] if failed else []
    lines += [f"not found sick: {', '.join(unnamed)}"] if unnamed else []
    return "\n".join(lines)


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} runs ({100 * part / max(whole, 1):.1f} %)"
