"""The confusion table and the list of what went wrong."""

from collections import Counter
from collections.abc import Sequence

from tests.verdicts.case import HEALTHY
from tests.verdicts.judge import Said


def table(said: Sequence[Said]) -> str:
    """Wanted verdict by given one, in runs."""
    counts = Counter((s.wanted, s.verdict if not s.right else s.wanted) for s in said)
    rows = sorted({s.wanted for s in said}, key=lambda w: (w != HEALTHY, w))
    columns = list(dict.fromkeys([*rows, *sorted({given for _, given in counts})]))
    wide = max(map(len, [*rows, *columns]))
    lines = [" " * wide + "".join(f" {i:>4}" for i in range(len(columns))) + "  runs"]
    for row in rows:
        cells = "".join(f" {counts[row, column] or '.':>4}" for column in columns)
        lines.append(f"{row:<{wide}}{cells}  {sum(counts[row, c] for c in columns)}")
    lines += ["", *(f"{i:>4} = {column}" for i, column in enumerate(columns))]
    return "\n".join(lines)


def summary(said: Sequence[Said]) -> str:
    fine = [s for s in said if s.wanted == HEALTHY]
    ill = [s for s in said if s.wanted != HEALTHY]
    alarms = sum(not s.right for s in fine)
    named = sum(s.right for s in ill)
    placed = sum(s.right and s.placed for s in ill)
    other = sum(s.right and s.verdict != s.wanted for s in ill)
    return (
        f"{alarms} of {len(fine)} healthy runs alarmed at some step; {named} of {len(ill)} sick runs "
        f"were named right, {placed} with the right place, {other} by "
        "another name that is right as well"
    )


def complaints(said: Sequence[Said]) -> list[str]:
    out = []
    for s in said:
        if s.right and s.placed:
            continue
        if s.wanted == HEALTHY:
            kind = "false alarm"
        elif not s.right:
            kind = "unnamed" if s.verdict in (HEALTHY, "undecided") else "misnamed"
        else:
            kind = "misplaced"
        way = " ".join(f"{step}:{verdict}" for step, verdict in s.changes[:8])
        out.append(
            f"{kind}: {s.case} (seed {s.seed}): {s.verdict}, wanted {s.wanted}, step {s.step}: "
            f"{s.evidence} [{way}]"
        )
    return out
