"""What is known of the processes of a run together: how often it was begun, whether replicas agree."""

from dataclasses import dataclass, replace

from gradtui.core.launcher import WITHIN
from gradtui.core.text import printable

LONGEST = 120
"""Characters of an error that are shown."""
NAMED = 6


@dataclass(frozen=True, slots=True)
class Attempt:
    """One start of all processes, that is over."""

    ranks: int
    """Of which steps are recorded."""
    last_step: int
    """Of the rank that failed, else of the one that came farthest; -1 before the first."""
    failure: str = ""
    """The first error that was seen, "rank 1: RuntimeError: ..."; "" where none was."""
    ended: bool = False
    """Whether every rank said that it was done."""
    restart: int = 0
    """As the launcher counts."""


@dataclass(frozen=True, slots=True)
class Apart:
    """Where replicas of a net have had other gradients than each other; norms are L2, of all parameters."""

    odd: tuple[int, ...]
    """Ranks that differ where most agree; none where there is no such majority."""
    ranks: int
    """How many were compared."""
    first_step: int
    last_step: int
    steps: int
    """At how many steps of those that were `compared`."""
    compared: int
    low: float
    """Smallest and largest norm at the first of them; of `odd` ranks that of the first, and the others'."""
    high: float

    @property
    def words(self) -> str:
        low, high = f"{self.low:.4g}", f"{self.high:.4g}"
        times = f"{self.steps:,} of the {self.compared:,} steps compared"
        if not self.odd:
            return (
                f"gradient norms differ from rank to rank, {low} to {high} at step {self.first_step:,}, at "
                f"{times}: so it is where nothing averages gradients over the {self.ranks} ranks, or where "
                "each holds a part of the net"
            )
        others = self.ranks - len(self.odd)
        again = f"; the last time at step {self.last_step:,}" if self.steps > 1 else ""
        return (
            f"{_named(self.odd)}: gradient norm {low} at step {self.first_step:,}, and {high} on the "
            f"{others} others, which agree ({times}{again}): corrupted numbers on that machine, or "
            "gradients that were not averaged there"
        )


@dataclass(frozen=True, slots=True)
class RankFacts:
    """Of the processes of a run together."""

    attempts: tuple[Attempt, ...] = ()
    """Those before the one that is shown, oldest first."""
    apart: Apart | None = None
    restart: int = 0
    """That of the attempt that is shown."""

    @property
    def words(self) -> tuple[str, ...]:
        """What is to be said of it."""
        again = restarted(self.attempts, self.restart)
        apart = self.apart.words if self.apart is not None else ""
        return tuple(word for word in (again, apart) if word)

    def until(self, step: int) -> "RankFacts":
        """As it was known after a step."""
        late = self.apart is not None and self.apart.first_step > step
        return replace(self, apart=None) if late else self


def restarted(attempts: tuple[Attempt, ...], shown: int = 0) -> str:
    """On a training that was begun again; "" where it was not. `shown` is the restart of the attempt that is
    shown. What ended as it should and is followed by another is another program of the same command."""
    count = max(len(attempts), shown % WITHIN)
    if not count or (not shown and all(one.ended and not one.failure for one in attempts)):
        return ""
    last = attempts[-1] if attempts else Attempt(0, -1)
    often = "once" if count == 1 else f"{count} times"
    after = f"after step {last.last_step:,}" if last.last_step >= 0 else "before the first step"
    why = f" ({printable(last.failure)[:LONGEST]})" if last.failure else ""
    return (
        f"begun again {often}, the last time {after}{why}: shown is what followed, from step 0 on"
    )


def _named(numbers: tuple[int, ...]) -> str:
    more = f" and {len(numbers) - NAMED} more" if len(numbers) > NAMED else ""
    listed = ", ".join(str(number) for number in numbers[:NAMED])
    return f"rank{'s' * (len(numbers) > 1)} {listed}{more}"
