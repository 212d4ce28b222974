"""What the program logs by itself, each value once."""

import numpy as np

from gradtui.commands.forward.finding_log import safe
from gradtui.commands.forward.records import StepValues
from gradtui.commands.forward.values import moment
from gradtui.core.layout import IntArray
from gradtui.core.metric import Metric, Metrics

MOST_METRICS = 64
"""Names whose values are sent: each is a series of its own wherever they go."""


class LoggedValues:
    """Takes all that has been logged so far, again and again, and gives what is new of it."""

    def __init__(self) -> None:
        self._sent: dict[str, tuple[int, float]] = {}
        """Name -> how many values were given on, and the time of the last."""
        self._others: set[str] = set()

    @property
    def names(self) -> int:
        """Names that are sent."""
        return len(self._sent)

    @property
    def left_out(self) -> int:
        """Names that are not, as there are too many."""
        return len(self._others)

    def fresh(self, metrics: Metrics) -> list[StepValues]:
        """A step of its own for each value: names are logged seldom and often, and thinned apart."""
        out = []
        for name, metric in metrics.items():
            if not self._is_sent(name):
                continue
            at = new_places(metric, *self._sent[name])
            for i in at.tolist():
                step, when = max(int(metric.step[i]), 0), moment(float(metric.time[i]))
                out.append(StepValues(step, when, {}, logged={safe(name): float(metric.value[i])}))
            if len(metric):
                self._sent[name] = len(metric), float(metric.time[-1])
        return out

    def _is_sent(self, name: str) -> bool:
        if name not in self._sent:
            if len(self._sent) >= MOST_METRICS:
                self._others.add(name)
                return False
            self._sent[name] = 0, -np.inf
        return True


def new_places(metric: Metric, sent: int, last: float) -> IntArray:
    """[new] where the values stand that have come since the first `sent`, the last of which is of the time
    `last`. Of a file that was thinned, and of another attempt, they are those that are later."""
    if not sent or (len(metric) >= sent and float(metric.time[sent - 1]) == last):
        return np.arange(sent, len(metric))
    return np.flatnonzero(metric.time > last)
