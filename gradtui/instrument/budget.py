"""How much is measured at a step, so that watching stays a small, stated share of training.

What is dearest goes first: histograms and weights come more and more rarely, then records in full at
every second step only, every fourth, and so on. A step between two of these is let through by the hooks
in a few microseconds; of as many of them as there is room for, norms are taken all the same, which costs
a fraction of a record.
"""

from collections import deque
from dataclasses import dataclass
from math import ceil, isfinite

from gradtui.instrument.cost_meter import CostMeter
from gradtui.instrument.thread_usage import ThreadUsage, undisturbed_seconds

ALLOWANCE = 0.5
"""Seconds of processor time that may be spent, the first record's aside, before the share is held to:
short runs are seen in full."""

WEIGHTS, HISTOGRAMS, ALWAYS = 10, 50, 3
"""Every how many steps the dearer statistics are taken where time allows; the first ones always."""

NORMS_SHARE = 0.9
"""Of the budget, at most, for records in full, before they are taken at every second step only."""
BETWEEN_SHARE = 0.7
"""The part of that which goes to norms between records, where these are to be had."""

LONGEST = 1 << 20
GAP = 0.25
"""Seconds, of the program's own, between two records at most, unless one takes more than its share of
them: what a run is judged by may not hang on one estimate that was wrong."""
CHEAP = 0.6
"""Of what a record takes, at most, norms alone may: else there are records only."""
RECORDS = 4
"""Such gaps between two records in full where norms are taken between them."""
WINDOW = 1.0
"""After what is granted for so many seconds it is compared with what measuring took."""
THRIFT = 1 / 16
"""The least part of that which is left where estimates were wrong."""
FADING = 0.98
"""What the past counts for at each record."""
LATELY = 5
"""Values of which the median counts: a program that is interrupted while we measure makes one odd."""
ODD = 2.0
"""How many times the mean of late values a single one may count for."""
USELESS, AGAIN = 3, 16
"""Steps in a row of which norms were asked for in vain, after which none are; and records after which they
are tried again: closures, or numbers beyond float32's squares, come and go."""
LEAST = 0.25
"""The part of the budget that measuring gets even where being there takes all of it, as in programs with
steps of a few milliseconds: then the whole takes more than its share, and is told as it is."""


@dataclass(frozen=True, slots=True)
class Detail:
    """What is measured at one step; nothing at all without `norms`."""

    norms: bool = True
    counts: bool = True
    """Zeros and sums beside the norms."""
    weights: bool = False
    histograms: bool = False


NOTHING = Detail(norms=False, counts=False)


class Ledger:
    """Time, cost and steps of all optimizers together.

    `share` is what watching may take of the time that the program takes without it, infinite where
    that does not matter. Each step gets an equal part, whichever optimizer takes it, so that several
    of them together stay within it. What watching takes is processor time, and what the program takes is
    without others on its processor: how busy the machine is changes neither.
    """

    def __init__(self, share: float, meter: CostMeter, *, every_step: bool = False) -> None:
        self.share = max(share, 1e-4)
        self.every_step = every_step
        """Whether norms are taken at each step, at any price; the share holds for what is dearer."""
        self.meter = meter
        self.spent = 0.0
        """Seconds in all, but for those of the first record."""
        self.stretch = 1.0
        """Seconds by the clock that a second without others on the processor took lately."""
        self._before: tuple[int, float, ThreadUsage | None] | None = None
        self._steps = self._own = self._around = 0.0
        self._thrift = 1.0
        self._window = [0.0, 0.0]

    @property
    def scarce(self) -> bool:
        """Whether the allowance is used up, and the share is one."""
        return self.spent > ALLOWANCE and isfinite(self.share)

    @property
    def room(self) -> float:
        """Seconds for measuring at an average step: without those that go on merely being there."""
        steps = max(self._steps, 1e-9)
        if self.every_step:  # what that takes is not taken off what is dearer
            return max(self.share * self._own / steps, 1e-9)
        return max(self._granted(self._own, self._around) * self._thrift / steps, 1e-9)

    def _granted(self, own: float, around: float) -> float:
        """Seconds for measuring in so many of the program's, `around` of which go on being there."""
        whole = self.share * own
        return max(whole - around, LEAST * whole)

    @property
    def pace(self) -> float:
        """Seconds that a step takes without us; 0 while nobody knows."""
        return self._own / self._steps if self._steps else 0.0

    def add(self, spent: float, cost: float) -> float:
        """A record is done. `spent` is everything since the last one, `cost` the part of it that
        comes with a record and not with every step. Returns the seconds since the last one, 0 at
        the first.
        """
        meter = self.meter
        before, self._before = self._before, (meter.steps, meter.wall(), meter.usage())
        if before is None:
            return 0.0  # names were found, modules loaded: that comes once
        self.spent += spent
        passed, steps = self._before[1] - before[1], max(meter.steps - before[0], 1)
        undisturbed = undisturbed_seconds(passed, before[2], self._before[2])
        self.stretch = passed / undisturbed if undisturbed > 0 else 1.0
        own = max(undisturbed - spent, 1e-9)
        # Threads of ours take the same however much there is to write, so that goes on as well.
        around = max(spent - cost - meter.lately_norms, 0.0)
        # Pauses (evaluation, saving) and first times say little about a step.
        own_at_most = self._odd(own, self._own, steps)
        around = self._odd(around, self._around, steps)
        self._steps = FADING * self._steps + steps
        self._own = FADING * self._own + own_at_most
        self._around = FADING * self._around + around
        if self.scarce:
            self._compare(cost + meter.lately_norms, self._granted(own, around))
        return passed

    def stood_still(self, seconds: float) -> None:
        """So long the program was held, since the last record: no time of its own."""
        if self._before is not None:
            steps, wall, usage = self._before
            self._before = steps, wall + seconds, usage

    def _odd(self, value: float, total: float, steps: int) -> float:
        return min(value, ODD * total / self._steps * steps) if self._steps and total else value

    def _compare(self, measuring: float, granted: float) -> None:
        self._window[0] += measuring
        self._window[1] += granted
        if self._window[1] < self.share * WINDOW:
            return
        over = self._window[0] / self._window[1]
        self._thrift *= min(max(1 / max(over, 1e-9), 0.5), 1.25)
        self._thrift = min(max(self._thrift, THRIFT), 1.0)
        self._window = [0.0, 0.0]


class Recent:
    """What something took lately."""

    __slots__ = ("_values", "value")

    def __init__(self) -> None:
        self._values: deque[float] = deque(maxlen=LATELY)
        self.value = 0.0

    def add(self, value: float) -> None:
        self._values.append(value)
        ordered = sorted(self._values)
        half = len(ordered) // 2
        self.value = ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


class Budget:
    """One for each optimizer: what measuring costs differs between them."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.every = 1
        """Every how many steps there is a record in full."""
        self.left = 0
        """Steps still to be let through; whoever lets one through takes it off."""
        self.norms_every = 0
        """Whenever so many are left, norms are taken of the next one all the same; 0: of none."""
        self.halfway = self._due = 0.0
        """Of the steps halfway between these the part of which they are taken too, and how much of the
        next one is due."""
        self._planned = 0
        self._count = -1
        self._norms, self._weights_cost, self._histograms_cost = Recent(), Recent(), Recent()
        self._between, self._useless, self._resting = Recent(), 0, 0
        self._weights_every, self._histograms_every = WEIGHTS, HISTOGRAMS
        self._weights = self._histograms = -HISTOGRAMS

    def next(self) -> Detail:
        """What to measure at the next step."""
        if self.left:
            self.left -= 1
            return NOTHING
        self._count += 1 + self._planned
        self._planned = 0
        count = self._count
        weights = count < ALWAYS or count - self._weights >= self._weights_every
        weights |= not isfinite(self._ledger.share)
        # Not both at once, but for the first: then each one's cost can be told.
        apart = not weights or not count
        histograms = apart and count - self._histograms >= self._histograms_every
        if weights:
            self._weights = count
        if histograms:
            self._histograms = count
        return Detail(True, weights or not self._ledger.scarce, weights, histograms)

    def begin_anew(self) -> None:
        """The share has changed: the next step is measured."""
        self.every, self.left, self._planned, self.norms_every, self.halfway = 1, 0, 0, 0, 0.0
        self._useless = self._resting = 0
        self._weights_every, self._histograms_every = WEIGHTS, HISTOGRAMS

    def took(self, detail: Detail, cost: float) -> None:
        """Measuring as `detail` says took `cost` seconds."""
        if not self._count:
            return  # the first one names things, and makes room for them
        more = max(cost - self._norms.value, 1e-9)
        if detail.histograms:
            self._histograms_cost.add(more)
        elif detail.weights:
            self._weights_cost.add(more)
            if not self._norms.value:
                self._norms.add(cost)
        else:
            self._norms.add(cost)
        if self._ledger.scarce:
            self._plan(self._ledger.room)

    def hurry(self, steps: int) -> None:
        """The next full measurement comes after no more than so many steps, whatever that costs."""
        self.left = min(self.left, steps)

    def norms_due(self) -> bool:
        """Whether norms are to be taken of the next step, which is let through. Asked once a step."""
        every = self.norms_every
        if not every or not self.left % every:
            return bool(every)
        if self.halfway and not self.left % (every // 2):
            self._due += self.halfway
            if self._due >= 1:
                self._due -= 1
                return True
        return False

    def took_norms(self, cost: float) -> None:
        """Of a step that was let through, in `cost` seconds."""
        self._useless = 0
        self._between.add(cost)

    def norms_missed(self) -> None:
        """They were asked for in vain."""
        self._useless += 1
        if self._useless >= USELESS:
            self.norms_every = 0

    def _plan(self, room: float) -> None:
        norms = self._norms.value
        self.every = self._fitting(norms, NORMS_SHARE * room)
        self.norms_every, self.halfway = 0, 0.0
        left = norms / self.every
        if self._ledger.every_step:
            self.every, left = 1, 0.0
        elif self.every > 1 and not self._rests():
            left += self._plan_between(norms, NORMS_SHARE * room)
        rest = max(room - left, (1 - NORMS_SHARE) * room)
        self._weights_every = max(WEIGHTS, ceil(2 * self._weights_cost.value / rest))
        self._histograms_every = max(HISTOGRAMS, ceil(2 * self._histograms_cost.value / rest))
        self.left = self._planned = self.every - 1 - self._count % self.every

    def _plan_between(self, norms: float, room: float) -> float:
        """Norms between records, where they come more often than records would. Seconds that these take
        a step on top."""
        cost, more = self._between.value, 0.0
        part = 1 - BETWEEN_SHARE
        every = self._fitting(norms, part * room, RECORDS * GAP, part)
        if cost:
            left = max(room - norms / every, 1e-9)
            between = self._fitting(cost, left)
            # Every second, fourth, ... step is what thinning keeps; what is left of the share goes to some
            # of those halfway between, which it drops first.
            more = min(max(between * left / cost - 1, 0.0), 1.0) if between > 1 else 0.0
        else:  # to be tried
            between = max(min(self.every, every) // 2, 1)
        if between >= every or cost > CHEAP * norms:
            return 0.0
        before, self.every, self.norms_every, self.halfway = self.every, every, between, more
        return norms / every - norms / before + cost * (1 + more) / between

    def _rests(self) -> bool:
        """Whether norms between records are left alone for now."""
        if self._useless < USELESS:
            return False
        self._resting += 1
        if self._resting < AGAIN:
            return True
        self._useless, self._resting = USELESS - 1, 0  # one more miss is enough
        return False

    def _fitting(self, norms: float, room: float, gap: float = GAP, part: float = 1.0) -> int:
        """Every how many steps there may be a record that takes `norms` seconds, a power of two. They lie no
        more than `gap` seconds apart, unless that takes more than a part of the share."""
        pace = self._ledger.pace
        if not pace or norms >= part * self._ledger.share * gap:
            return _every(norms, room)
        return min(_every(norms, room), 1 << max(int(gap / pace).bit_length() - 1, 0))


def _every(cost: float, room: float) -> int:
    """Every how many steps something may be done: a power of two, so that thinning suits it."""
    every = 1
    while every < min(ceil(cost / room), LONGEST):
        every *= 2
    return every
