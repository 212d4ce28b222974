"""What is wrong with the ranks of a run, in words for the header of a screen."""

from collections.abc import Iterable

from gradtui.runstore.ranks.process_status import CRASHED, LOST, Ranks, RankStatus

MOST = 6
"""Notes at a time; how many more there are is said in the last."""
PATIENT = 10.0
"""Seconds after the first rank's start until which another is waited for."""


def rank_words(ranks: Ranks) -> list[str]:
    """One note for each trouble: "rank 1: dead since step 420", "rank 3: 120 steps behind",
    "ranks 4-7: never started", "waiting for rank 2". Nothing where all is well, and nothing of a run
    of one process."""
    if len(ranks.ranks) + len(ranks.missing) < 2:
        return []
    said: dict[str, list[int]] = {}
    for rank in ranks.ranks:
        trouble = _trouble(rank)
        if trouble:
            said.setdefault(trouble, []).append(rank.rank)
    out = [f"{_named(numbers)}: {trouble}" for trouble, numbers in said.items()]
    if ranks.missing:
        waiting = ranks.waited < PATIENT and not said
        named = _named(ranks.missing)
        out.append(f"waiting for {named}" if waiting else f"{named}: never started")
    if len(out) > MOST:
        out = [*out[: MOST - 1], f"and {len(out) - MOST + 1} more"]
    return out


def _trouble(rank: RankStatus) -> str:
    begun = rank.last_step >= 0
    if rank.state == LOST:
        return f"dead since step {rank.last_step:,}" if begun else "dead before its first step"
    if rank.state == CRASHED:
        return f"crashed at step {rank.last_step:,}" if begun else "crashed before its first step"
    if rank.lagging:
        return f"{rank.behind} step{'s' * (rank.behind != 1)} behind"
    return ""


def _named(numbers: Iterable[int]) -> str:
    """ "rank 1", "ranks 1, 3-5"."""
    spans: list[list[int]] = []
    for number in sorted(numbers):
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    parts = [str(a) if a == b else f"{a}-{b}" if b > a + 1 else f"{a}, {b}" for a, b in spans]
    one = len(spans) == 1 and spans[0][0] == spans[0][1]
    return f"rank{'' if one else 's'} {', '.join(parts)}"
