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
class Drift:
    """Where replicas of a net have had other weights than each other after the same steps; norms are L2."""

    odd: tuple[int, ...]
    """Ranks that differ where most agree; none where there is no such majority."""
    ranks: int
    """How many were compared."""
    first_step: int
    """The first of the steps looked at. Between two at which weights were recorded it is not known."""
    last_step: int
    tensor: str
    """The one whose norms differ most, relative to their size, at the first step."""
    tensors: int
    """How many differ there."""
    low: float
    """Its smallest and largest norm there; of `odd` ranks that of the first, and the others'."""
    high: float
    proven: bool = False
    """Whether one DistributedDataParallel holds all that the optimizer steps, over all ranks, one alone
    differs, at a later step too, and all others, two at least, agree to the bit in every tensor."""

    @property
    def seen(self) -> str:
        """The numbers, a clause."""
        low, high, name = f"{self.low:.6g}", f"{self.high:.6g}", printable(self.tensor)
        more = f", and of {self.tensors - 1:,} more tensors" if self.tensors > 1 else ""
        again = f"; still at step {self.last_step:,}" if self.last_step > self.first_step else ""
        if not self.odd:
            return (
                f"weights differ from rank to rank under equal gradients: the norm of {name} is {low} to "
                f"{high} at step {self.first_step:,}{more}{again}"
            )
        others = self.ranks - len(self.odd)
        return (
            f"{_named(self.odd)}: weight norm of {name} {low} at step {self.first_step:,}, and {high} on the "
            f"{others} others, which agree{more}{again}"
        )

    @property
    def words(self) -> str:
        """With what it may come from."""
        return (
            f"{self.seen}: weights that were not broadcast or were loaded on some ranks alone, or numbers "
            "corrupted in one machine's memory"
        )


@dataclass(frozen=True, slots=True)
class RankFacts:
    """Of the processes of a run together."""

    attempts: tuple[Attempt, ...] = ()
    """Those before the one that is shown, oldest first."""
    apart: Apart | None = None
    restart: int = 0
    """That of the attempt that is shown."""
    drift: Drift | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """What is to be said of it."""
        again = restarted(self.attempts, self.restart)
        apart = self.apart.words if self.apart is not None else ""
        drift = self.drift.words if self.drift is not None else ""
        return tuple(word for word in (again, apart, drift) if word)

    @property
    def notes(self) -> tuple[str, ...]:
        """But for what is a finding."""
        certain = self.drift is not None and self.drift.proven
        return replace(self, drift=None).words if certain else self.words

    def until(self, step: int) -> "RankFacts":
        """As it was known after a step."""
        apart, drift = self.apart, self.drift
        return replace(
            self,
            apart=None if apart is not None and apart.first_step > step else apart,
            drift=None if drift is not None and drift.first_step > step else drift,
        )


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
