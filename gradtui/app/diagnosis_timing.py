"""Asking for a diagnosis seldom enough that the answer costs next to nothing."""

from collections.abc import Callable
from time import perf_counter

from gradtui.core.facts import Facts
from gradtui.doctor.diagnose import diagnose
from gradtui.doctor.finding import NOTHING_SEEN, Diagnosis

EVERY = 0.3
"""Seconds between two diagnoses of a growing run."""
SHARE = 0.04
"""Of a core, at most; a slow diagnosis is asked for less often."""


class DiagnosisTiming:
    """Remembers the last diagnosis of one run and renews it now and then."""

    def __init__(
        self,
        ask: Callable[[Facts], Diagnosis] = diagnose,
        *,
        every: float = EVERY,
        share: float = SHARE,
    ) -> None:
        self._ask, self._every, self._share = ask, every, share
        self._seen: tuple[int, int, bool] | None = None
        self._not_before = float("-inf")
        self.last = NOTHING_SEEN
        self.behind = False
        """The last answer was about an earlier stretch of the run than was asked about."""

    def look(self, facts: Facts, now: float) -> Diagnosis:
        """The diagnosis of `facts`, or a slightly older one where it is too soon to ask again.

        The first non-finite value is always answered at once.
        """
        if not len(facts):
            return NOTHING_SEEN
        sick = facts.first_nonfinite is not None
        key = (len(facts), int(facts.steps[-1]), sick)
        self.behind = key != self._seen
        if not self.behind:
            return self.last
        urgent = self._seen is None or self._seen[2] != sick
        if now < self._not_before and not urgent:
            return self.last
        began = perf_counter()
        self.last = self._ask(facts)
        self._not_before = now + max(self._every, (perf_counter() - began) / self._share)
        self._seen, self.behind = key, False
        return self.last
