"""What a program has logged under one name: validation losses, accuracies, whatever it likes."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gradtui.core.layout import FloatArray, IntArray

MOST_NAMES = 256
"""Names that a process may log under."""
LONGEST_NAME = 200
"""Characters of one."""


@dataclass(frozen=True, slots=True, eq=False)
class Metric:
    """n values in the order in which they were logged; [n] each. Values need not be finite."""

    step: IntArray
    """The last optimizer step that had begun then, counted as `steps` are; -1 before the first."""
    time: FloatArray
    """Seconds since 1970."""
    value: FloatArray
    given: FloatArray
    """The step that the program named, in whatever unit it counts; NaN where it named none."""

    def __len__(self) -> int:
        return len(self.step)

    def until(self, step: int) -> "Metric":
        """What was logged up to an optimizer step, that included."""
        if not len(self) or int(self.step[-1]) <= step:
            return self
        upto = slice(0, int(np.searchsorted(self.step, step, side="right")))
        return Metric(self.step[upto], self.time[upto], self.value[upto], self.given[upto])


Metrics = Mapping[str, Metric]
"""By name, in the order in which the names came."""
