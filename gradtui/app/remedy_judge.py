"""Whether the remedies that are on help so far, asked seldom: each answer takes two diagnoses."""

from dataclasses import replace
from math import nan
from time import perf_counter

from gradtui.app.view import Judgement
from gradtui.core.facts import Facts
from gradtui.doctor import thresholds as T
from gradtui.doctor.remedy_effect import judge_treatment

FEW = 2 * T.WINDOW
"""Steps of both runs before which nothing is said: first steps tell little of where a run goes."""
EVERY = 2.0
"""Seconds between two judgements of a growing run."""
SHARE = 0.01
"""Of a core, at most."""


class RemedyJudge:
    """Remembers the last judgement of one treated run and renews it now and then."""

    def __init__(self) -> None:
        self._seen: tuple[object, ...] | None = None
        self._last: Judgement | None = None
        self._not_before = float("-inf")
        self.behind = False
        """The last answer was about other stretches of the runs than were asked about."""

    def look(
        self, untreated: Facts, treated: Facts, now: float, *, same_loss: bool, ended: bool = False
    ) -> Judgement:
        """The judgement over the steps that both have taken, or a slightly older one. `ended`: the
        untreated run takes no more."""
        self.behind = False
        lost, broken = untreated.first_nonfinite is not None, treated.first_nonfinite is not None
        here = int(treated.steps[-1]) + 1 if len(treated) else 0
        there = int(untreated.steps[-1]) + 1 if len(untreated) else 0
        common = here if lost else min(here, there)
        short = ended and common < here
        if not common or (common < FEW and not broken):
            return Judgement(None, common, FEW, short=short)
        key = (untreated.info, common, there, lost, broken, same_loss)
        last = self._last
        self.behind = key != self._seen
        if last is not None and (not self.behind or now < self._not_before):
            return last if self.behind else replace(last, short=short)
        began = perf_counter()
        treatment = judge_treatment(untreated, treated, same_loss=same_loss)
        if min(len(untreated), len(treated)) < FEW:  # the first steps take any time
            treatment = replace(treatment, cost=nan)
        last = self._last = Judgement(treatment, common, FEW, short=short)
        self._not_before = now + max(EVERY, (perf_counter() - began) / SHARE)
        self._seen, self.behind = key, False
        return last
