"""How much is measured at a step, so that watching stays a small, stated share of training."""

import time
from dataclasses import dataclass
from math import ceil

ALLOWANCE = 0.5
"""Seconds that may be spent in all before the share is held to: short runs are seen in full."""

WEIGHTS, HISTOGRAMS, ALWAYS = 10, 50, 3
"""Every how many steps the dearer statistics are taken where time allows; the first ones always."""

NORMS_SHARE = 0.7
"""Of the budget, for norms, before they are taken at every second step only, and so on."""

LONGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class Detail:
    """What is measured at one step; nothing at all without `norms`."""

    norms: bool = True
    counts: bool = True
    """Zeros and sums beside the norms."""
    weights: bool = False
    histograms: bool = False


NOTHING = Detail(norms=False, counts=False)


class Budget:
    """One for each optimizer: their steps differ in length."""

    def __init__(self, share: float) -> None:
        self.share = share
        self.every = 1
        """Every how many steps norms are taken."""
        self._dear_every = 1
        self._total = self._spent = 0.0
        self._norms = self._dear = 0.0
        self._count = -1
        self._before = (-1, 0.0)
        self._weights = self._histograms = -HISTOGRAMS

    def skips(self) -> bool:
        """Whether nothing is measured at the next step; it is counted if so."""
        if self.every == 1 or (self._count + 1) % self.every == 0:
            return False
        self._count += 1
        return True

    def next(self) -> Detail:
        """What to measure at the next step."""
        if self.skips():
            return NOTHING
        self._count += 1
        count, scarce = self._count, self._spent > ALLOWANCE
        weights = count < ALWAYS or count - self._weights >= max(WEIGHTS, self._dear_every)
        histograms = count - self._histograms >= max(HISTOGRAMS, self._dear_every)
        if weights:
            self._weights = count
        if histograms:
            self._histograms = count
        return Detail(True, weights or not scarce, weights, histograms)

    def took(self, detail: Detail, cost: float, spent: float) -> None:
        """Measuring as `detail` says took `cost` seconds, everything since the last call `spent`."""
        now, (count, before) = time.perf_counter(), self._before
        self._before = (self._count, now)
        if not before:
            self._spent += spent
            return
        passed = now - before
        self._total += passed
        self._spent += spent
        own = max(passed - spent, 1e-6) / max(self._count - count, 1)
        if detail.weights or detail.histograms:
            self._dear += (max(cost - self._norms, 0.0) - self._dear) * (0.3 if self._dear else 1)
        else:
            self._norms += (cost - self._norms) * (0.2 if self._norms else 1)
        if self._spent <= ALLOWANCE:
            return
        room = max(self.share, 1e-4) * own
        if self._spent > ALLOWANCE + self.share * self._total:
            room /= 2
        self.every = _every(self._norms, NORMS_SHARE * room)
        self._dear_every = _every(self._dear, (1 - NORMS_SHARE) * room)


def _every(cost: float, room: float) -> int:
    """Every how many steps something may be done: a power of two, so that thinning suits it."""
    every = 1
    while every < min(ceil(cost / room), LONGEST):
        every *= 2
    return every
