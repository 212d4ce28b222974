"""Which of the series of a log is the loss, the rate, the norms: one of each. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from gradtui.core.errors import UsageError
from gradtui.core.metric import MOST_NAMES
from gradtui.core.text import listed, printable
from gradtui.runstore.logs.attempts import chains, repeats
from gradtui.runstore.logs.names import (
    LAYER,
    LOSS,
    NORM,
    PART,
    RATE,
    VALIDATION,
    Meaning,
    meanings,
    orders,
)
from gradtui.runstore.logs.series import SCALAR, Log, Series

REPEATED = 0.3
"""Share of repeated values from which on they are what a writer has filled gaps with."""
MOST_LAYERS = 20_000
NAMED = 6
"""Names that a sentence lists."""


class Selection:
    """What was taken, and in `limits` what that leaves open, in clauses."""

    def __init__(self, log: Log) -> None:
        """Raises UsageError where there is neither a loss nor a gradient norm."""
        self._log = log
        self.limits: list[str] = []
        self._crowd: list[str] = []
        self._named: dict[str, list[Series]] = defaultdict(list)
        for one in log.series:
            self._named[one.name].append(one)
        known = meanings((name, parts[0].kind) for name, parts in self._named.items())
        self.loss = self._taken(known, LOSS)
        self.norm = self._taken(known, NORM)
        self.rate = self._taken(known, RATE)
        self.layers = self._layers(known)
        """The tensor's name -> its series."""
        self.validation = [
            one for one in log.series if one.name in known and known[one.name].what == VALIDATION
        ]
        self._tell()
        if log.repeated:
            self._leave_repeats_out()
        if self.lead is None:
            raise UsageError(_nothing(list(self._named)))

    @property
    def lead(self) -> Series | None:
        """The series whose steps are those of the training."""
        longest = max(self.layers.values(), key=len, default=None)
        return next((one for one in (self.loss, self.norm, longest) if one is not None), None)

    @property
    def all(self) -> list[Series]:
        plain = (self.loss, self.norm, self.rate)
        return [*(one for one in plain if one is not None), *self.layers.values()]

    def others(self) -> list[str]:
        """Names of series that no verdict goes by, in the order of the log."""
        used = {one.name for one in (*self.all, *self.validation)}
        return [name for name in self._named if name not in used]

    def metrics(self) -> list[Series]:
        """Scalars that no verdict goes by, those of validation first: of as many names as a run may have."""
        names = [*dict.fromkeys(one.name for one in self.validation), *self.others()]
        scalars = [name for name in names if self._named[name][0].kind == SCALAR][:MOST_NAMES]
        found = [max(chains(self._named[name]), key=len) for name in scalars]
        return [unrepeated(one, []) for one in found] if self._log.repeated else found

    def _taken(self, known: Mapping[str, Meaning], what: str) -> Series | None:
        ranks = {name: m.rank for name, m in known.items() if m.what == what}
        names = [name for name, rank in ranks.items() if rank == min(ranks.values())]
        if not names:
            return None
        name = max(names, key=lambda n: sum(map(len, self._named[n])))
        if what == LOSS and len(names) > 1 and ranks[name] >= PART:
            told = f"which of {_listed(names)} is the loss is not known"
            self.limits.append(f"{told}: {printable(name)} is shown")
        return self._one_writer(name)

    def _layers(self, known: Mapping[str, Meaning]) -> dict[str, Series]:
        best: dict[str, str] = {}
        for name, meaning in known.items():
            before = best.get(meaning.layer)
            if meaning.what == LAYER and (before is None or meaning.rank < known[before].rank):
                best[meaning.layer] = name
        if len(best) > MOST_LAYERS:
            raise UsageError(f"this log has more than {MOST_LAYERS:,} layers.")
        return {layer: self._one_writer(name) for layer, name in best.items()}

    def _one_writer(self, name: str) -> Series:
        """Of writers that were at work at once the one of the loss, else the one of most points."""
        found = chains(self._named[name])
        if len(found) == 1:
            return found[0]
        self._crowd.append(name)
        lead = getattr(self, "loss", None)
        mine = [one for one in found if lead is not None and one.source == lead.source]
        return max(mine or found, key=len)

    def _tell(self) -> None:
        if self._crowd:
            which = f" ({printable(self.loss.source)})" if self.loss is not None else ""
            self.limits.append(
                f"several writers logged {_listed(self._crowd)} at once: shown is one of them{which}"
            )
        other = orders(self._named)
        if other:
            self.limits.append(
                f"gradient norms of order {', '.join(other)} are not used, only of 2"
            )

    def _leave_repeats_out(self) -> None:
        """Never take a value that fills a gap for one that was measured."""
        filled: list[str] = []
        self.loss, self.norm = (
            None if one is None else unrepeated(one, filled) for one in (self.loss, self.norm)
        )
        self.layers = {layer: unrepeated(one, filled) for layer, one in self.layers.items()}
        if filled:
            self.limits.append(
                f"{_listed(filled)} {'stays' if len(filled) == 1 else 'stay'} the same to the last digit "
                "from row to row: repeats of the last value, which are left out"
            )


def unrepeated(one: Series, filled: list[str]) -> Series:
    """Without repeats, where they are many and there are other values."""
    again = repeats(one.values)
    if len(one) < 3 or not again.mean() >= REPEATED or again[1:].all():
        return one
    filled.append(one.name)
    return one.take(np.flatnonzero(~again))


def _listed(names: Sequence[str]) -> str:
    return listed([printable(name) for name in names], NAMED)


def _nothing(names: list[str]) -> str:
    if not names:
        return "this log is empty: nothing has been logged, or not yet been written."
    return (
        "this log has neither a loss of training nor a gradient norm under a name that is known; "
        f"it has {_listed(names)}."
    )
