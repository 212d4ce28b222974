"""Whether labels are what an embedding was given, there or two positions on, or padding beside padding: in
all of the first losses."""

from torch import Tensor

from gradtui.autograd.embedded_labels import NONE, EmbeddedLabels, embedded_labels
from gradtui.autograd.layer_outputs import readable
from gradtui.core.wiring import (
    ANSWER_GIVEN,
    MOSTLY_PADDING,
    PADDING_COUNTED,
    PASSED_OVER,
    Faults,
)
from gradtui.patching.own_errors import suppress_own

LOOKS = 3
NODES = 3000
"""A graph with more is not read: 20 ms."""
MOST_OF_ALL = 0.9
"""Share of padding from which on what is left has less than a tenth of the gradient."""


class EmbeddedLabelCheck:
    """`look` at the first losses; `told` is what is known by then. No node is kept."""

    def __init__(self) -> None:
        self._looks: list[EmbeddedLabels] = []
        self._over = False
        self.told: Faults = ()

    @property
    def done(self) -> bool:
        return self._over

    @property
    def padding(self) -> int:
        """The label that stands for padding and is part of the mean; -1 where none is known to."""
        padded = [one.padding for one in self._looks]
        return padded[0] if self._over and padded and len({*padded}) == 1 else -1

    def look(self, loss: Tensor) -> None:
        """Call before backward."""
        found = NONE
        with suppress_own:
            seen = readable(loss, NODES)
            if seen is not None:
                found = embedded_labels(*seen)
            del seen
        self._looks.append(found)
        self._over = found == NONE or len(self._looks) == LOOKS
        if found == NONE:
            self._looks = []
        elif self._over:
            self.told = self._agreed()

    def _agreed(self) -> Faults:
        if all(one.copied for one in self._looks):
            words = (
                f"the labels of the first {LOOKS} batches are the very indices that an embedding was given, "
                "and each reaches the scores of its own position"
            )
            return ((ANSWER_GIVEN, words),)
        if all(one.passed_over for one in self._looks):
            words = (
                f"the labels of the first {LOOKS} batches are the indices that an embedding was given two "
                "positions further on"
            )
            return ((PASSED_OVER, words),)
        if self.padding < 0:
            return ()
        share = sum(one.share for one in self._looks) / len(self._looks)
        words = (
            f"{100 * share:.0f} % of the labels are {self.padding} and stand where the inputs are padded: "
            "the mean of the loss is over these as well"
        )
        return ((MOSTLY_PADDING if share >= MOST_OF_ALL else PADDING_COUNTED, words),)
