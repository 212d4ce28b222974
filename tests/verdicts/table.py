"""The confusion table and the list of what went wrong."""

from collections import Counter
from collections.abc import Sequence
from statistics import median

from gradtui.core.symptom import CONVERGED, OPEN
from tests.verdicts.case import HEALTHY
from tests.verdicts.judge import Said


def table(said: Sequence[Said]) -> str:
    """Wanted verdict by given one, in runs."""
    counts = Counter((s.wanted, s.verdict if not s.right else s.wanted) for s in said)
    rows = sorted({s.wanted for s in said}, key=lambda w: (w != HEALTHY, w))
    columns = list(dict.fromkeys([*rows, *sorted({given for _, given in counts})]))
    wide = max(map(len, [*rows, *columns]))
    heads = "".join(f" {i:>4}" for i in range(len(columns)))
    lines = [f"{'':<{wide}}{heads}  runs  delay"]
    for row in rows:
        cells = "".join(f" {counts[row, column] or '.':>4}" for column in columns)
        runs = sum(counts[row, c] for c in columns)
        lines.append(f"{row:<{wide}}{cells}  {runs:>4}  {delays(said, row)}".rstrip())
    lines += ["", *(f"{i:>4} = {column}" for i, column in enumerate(columns))]
    return "\n".join(lines)


def delays(said: Sequence[Said], wanted: str) -> str:
    """Median and worst number of steps from when a sick run could first be decided."""
    late = [s.delay for s in said if s.wanted == wanted and s.right]
    return f"{median(late):.0f}, at most {max(late)}" if late and wanted != HEALTHY else ""


def summary(said: Sequence[Said]) -> str:
    fine = [s for s in said if s.wanted == HEALTHY]
    ill = [s for s in said if s.wanted != HEALTHY]
    alarms = sum(not s.right for s in fine)
    named = sum(s.right for s in ill)
    placed = sum(s.right and s.placed for s in ill)
    steady = sum(s.steady for s in ill)
    other = sum(s.right and s.verdict != s.wanted for s in ill)
    return (
        f"{alarms} of {len(fine)} healthy runs alarmed at some step; {named} of {len(ill)} sick runs "
        f"were named right, {placed} with the right place, {other} by "
        f"another name that is right as well, {steady} without wavering; {causes(said)}"
    )


def causes(said: Sequence[Said]) -> str:
    asked = [s.caused for s in said if s.caused is not None]
    return f"the cause was right in {sum(asked)} of {len(asked)} where it was asked"


def counts(said: Sequence[Said]) -> str:
    """All runs on one line, each sick one and each healthy one counted once."""
    fine = [s for s in said if s.wanted == HEALTHY]
    ill = [s for s in said if s.wanted != HEALTHY]
    kinds = Counter(map(outcome, said))
    return (
        f"sick {len(ill)}: named right {kinds['right']}, nearly {kinds['nearly']}, "
        f"called healthy {kinds['missed']}, undecided {kinds['open']}, "
        f"misnamed {kinds['misnamed']}; "
        f"healthy {len(fine)}: alarmed at the end {kinds['alarmed']}, "
        f"on the way only {kinds['alarmed before']}, undecided {kinds['undecided']}; {causes(said)}"
    )


def outcome(s: Said) -> str:
    if s.wanted == HEALTHY:
        quiet = (HEALTHY, CONVERGED, *OPEN)
        end = s.changes[-1][1] if s.changes else s.verdict
        if s.verdict not in quiet:
            return "alarmed before" if end in quiet else "alarmed"
        return "undecided" if end in OPEN else "fine"
    if s.right:
        return "right" if s.verdict == s.wanted else "nearly"
    if s.verdict in OPEN:
        return "open"
    return "missed" if s.verdict == HEALTHY else "misnamed"


def complaints(said: Sequence[Said]) -> list[str]:
    out = []
    for s in said:
        if s.right and s.placed and s.steady and s.caused is not False:
            continue
        if s.wanted == HEALTHY:
            kind = "false alarm"
        elif not s.right:
            kind = "unnamed" if s.verdict in (HEALTHY, *OPEN) else "misnamed"
        else:
            kind = "misplaced" if not s.placed else "wavering" if not s.steady else "unexplained"
        way = " ".join(f"{step}:{verdict}" for step, verdict in s.changes[:8])
        out.append(
            f"{kind}: {s.case} (seed {s.seed}): {s.verdict}, wanted {s.wanted}, step {s.step}: "
            f"{s.evidence} [{way}]"
        )
    return out
