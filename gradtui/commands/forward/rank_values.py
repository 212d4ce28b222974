"""How each rank of a run is, where several train together: its newest step, and its own gradient norm."""

from collections.abc import Sequence

import numpy as np

from gradtui.commands.forward.records import StepValues
from gradtui.commands.forward.values import moment
from gradtui.runstore.format.records import NONFINITE, RecordArray, measured
from gradtui.runstore.ranks.rank_files import RankFiles

MOST_RANKS = 64
"""Ranks of which that is sent, the lowest."""
EVERY = 5.0
"""Seconds between two looks: each reads some records of every rank."""
LATEST = 256
"""Records of a rank among which the newest measured step is looked for."""


class RankValues:
    """Looks at the ranks now and then; a norm is given once."""

    def __init__(self) -> None:
        self._due = -np.inf
        self._sent: dict[str, tuple[float, int]] = {}
        """Rank -> time and step of the norm that was given last."""
        self.steps: dict[str, int] = {}
        """Rank -> its newest step, as of the last look; empty where a run has one rank only."""
        self.left_out = 0
        """Ranks of which nothing is sent."""

    def look(
        self, ranks: Sequence[RankFiles], now: float, *, last: bool = False
    ) -> list[StepValues]:
        """`now`: seconds by any clock; `last`: there is no other look."""
        if len(ranks) < 2 or (now < self._due and not last):
            return []
        self._due = now + EVERY
        self.left_out = max(len(ranks) - MOST_RANKS, 0)
        self.steps = {}
        out = []
        for rank in ranks[:MOST_RANKS]:
            count = rank.steps.count
            found = rank.steps.at(np.arange(max(count - LATEST, 0), count))
            name = str(rank.header.rank)
            if len(found):
                self.steps[name] = rank.last_step
            known = newest_norm(found, name)
            if known is not None and self._sent.get(name) != (known.time, known.step):
                self._sent[name] = known.time, known.step
                out.append(known)
        return out


def newest_norm(found: RecordArray, rank: str) -> StepValues | None:
    """[n] STEP of a rank -> the norm of the last step whose gradients were measured; None where none was."""
    broken = found["flags"] & NONFINITE != 0
    known = found[measured(found) & (~np.isnan(found["total_norm"]) | broken)]
    if not len(known):
        return None
    one = known[-1]
    norm = {rank: float(one["total_norm"])}
    return StepValues(int(one["step"]), moment(float(one["time"])), {}, ranks=norm)
