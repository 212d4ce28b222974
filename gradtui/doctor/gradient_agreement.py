"""Whether the gradients of different batches point the same way, told by how long the steps are that an
optimizer makes of them.

Adam divides a mean of gradients by the root of a mean of their squares (Kingma and Ba, 2015,
arXiv:1412.6980). Of gradients that are independent of one another with mean 0 the quotient is
sqrt((1 - beta1) / (1 + beta1)) in root mean square, and 1 where all are alike. A sum with momentum m is
1 / sqrt(1 - m^2) times as long as one gradient of such, and 1 / (1 - m) times where they are alike. So 1
stands for no agreement, and for a memory of 0.9 4.36 for a full one.
"""

import math
from typing import NamedTuple

import numpy as np

from gradtui.core.layout import FloatArray
from gradtui.core.snapshot import Grad, Weight
from gradtui.doctor import thresholds as T
from gradtui.doctor.reading import Reading

ADAMS = ("adam", "adamw")
MEMORY = (0.5, 0.95)
"""Of beta1 or momentum, from there to there: of less nothing is to be told, of more only after long."""
SQUARES = 0.999
"""Adam's usual beta2, where it is not known."""
MOST = 64
"""Steps that are looked at."""
LATELY = 10
"""Steps whose gradients are still in the mean."""


class Agreement(NamedTuple):
    """From AGREEMENT_FROM on: `early`, the largest median of a few measured steps in a row, in the first half
    of them, in which whatever can be learned soon is learned; `whole`, the median of all."""

    early: float
    whole: float

    @property
    def none(self) -> bool:
        """Whether batches are known to have nothing in common. Of random labels that are learned by heart
        they have a little, later on."""
        return self.early <= T.NO_AGREEMENT_EARLY and self.whole <= T.NO_AGREEMENT


NOTHING_IN_COMMON = (
    "what one batch teaches the next one does not: the labels do not belong to their inputs (shuffled or "
    "sampled apart, of another order, drawn at random), or the inputs do not tell of them any more (cast, "
    "scaled, cut off), or examples are mixed within the net (a reshape, a wrong dimension)"
)


def in_common(common: Agreement) -> str:
    """In words, of batches that have nothing in common."""
    return (
        "gradients of different batches have nothing in common (steps are "
        f"{common.whole:.2g} times as long as those of independent ones)"
    )


UNKNOWN = Agreement(math.nan, math.nan)


def agreement(reading: Reading) -> Agreement:
    """UNKNOWN where it cannot be told: of other optimizers, of a mean or sum whose memory is too short, of
    fewer than 2 * AGREEMENT_LOOKS steps with known updates."""
    memory = _memory(reading)
    if math.isnan(memory) or reading.half:
        return UNKNOWN
    facts = reading.facts
    at = facts.weights_at[facts.steps[facts.weights_at] >= facts.steps[0] + T.AGREEMENT_FROM]
    at = at[facts.lr[at] > 0]
    if len(at) < 2 * T.AGREEMENT_LOOKS:
        return UNKNOWN
    at = at[np.linspace(0, len(at) - 1, min(len(at), MOST)).astype(np.int64)]
    judged = facts.layout.judged
    updates = facts.weights[at][:, judged, Weight.UPDATE]
    zeros = np.nan_to_num(facts.grads[at][:, judged, Grad.ZEROS])
    known = np.isfinite(updates) & (updates > 0)
    count = np.where(known, facts.layout.numel[judged] - zeros, 0.0).sum(axis=1)
    length = np.sqrt(np.where(known, updates, 0.0) ** 2 @ np.ones(updates.shape[1]))
    with np.errstate(divide="ignore", invalid="ignore"):
        if reading.adaptive:
            alone = math.sqrt((1 - memory) / (1 + memory)) * np.sqrt(count)
            found = length / (facts.lr[at] * alone * _shrunk(reading, at))
        else:
            sums = 1 / math.sqrt(1 - memory**2)
            found = length / (facts.lr[at] * sums * _recent(reading, at))
    found = found[np.isfinite(found)]
    if len(found) < 2 * T.AGREEMENT_LOOKS:
        return UNKNOWN
    early, whole = _most(found[: len(found) // 2]), float(np.median(found))
    # Shorter than those of no agreement at all: of another kind, or with another learning rate.
    return Agreement(early, whole) if min(early, whole) > T.AGREEMENT_LEAST else UNKNOWN


def _most(values: FloatArray) -> float:
    count = max(len(values) // T.AGREEMENT_LOOKS, 1)
    return max(float(np.median(part)) for part in np.array_split(values, count))


def _memory(reading: Reading) -> float:
    words = reading.facts.info.optimizer.lower().replace(",", " ").split()
    settings = dict(reading.facts.info.settings)
    if len(words) != 1 or words[0] not in ("sgd", *ADAMS):
        return math.nan
    memory = settings.get("momentum" if words[0] == "sgd" else "beta1", math.nan)
    return memory if MEMORY[0] <= memory <= MEMORY[1] else math.nan


def _recent(reading: Reading, at: np.ndarray[tuple[int], np.dtype[np.int64]]) -> FloatArray:
    """[at] root mean square of the norms of the last gradients, as the optimizer was given them."""
    return _means(reading, at, 1 - 1 / LATELY)


def _shrunk(reading: Reading, at: np.ndarray[tuple[int], np.dtype[np.int64]]) -> FloatArray:
    """[at] the same over that of all gradients that Adam still remembers the squares of."""
    beta = dict(reading.facts.info.settings).get("beta2", SQUARES)
    return np.asarray(_recent(reading, at) / _means(reading, at, beta))


def stepped_norms(reading: Reading) -> FloatArray:
    """[n] norms of the gradients that the optimizer was given, after clipping."""
    facts = reading.facts
    if not facts.info.clip:
        return facts.total_norm
    return np.asarray(facts.total_norm * np.fmin(facts.clip_coefficient, 1.0))


def _means(
    reading: Reading, at: np.ndarray[tuple[int], np.dtype[np.int64]], keep: float
) -> FloatArray:
    """[at] root of the mean of the squares of all norms up to each of these; each step back counts `keep`
    times as much."""
    steps, squares = reading.facts.steps, stepped_norms(reading) ** 2
    out = np.full(len(at), np.nan)
    for place, last in enumerate(at.tolist()):
        mine = squares[: last + 1]
        weights = keep ** (steps[last] - steps[: last + 1]).astype(np.float64)
        known = np.isfinite(mine)
        if known.any():
            out[place] = (mine * weights)[known].sum() / weights[known].sum()
    return np.asarray(np.sqrt(out))
