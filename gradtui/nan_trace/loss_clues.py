"""What the graphs of the losses of a step tell, looked at while they are whole."""

from collections.abc import Callable, Iterable
from math import isfinite

from torch import Tensor

from gradtui.nan_trace.graph_search import BadOperation, birth
from gradtui.nan_trace.known_values import KnownValues
from gradtui.nan_trace.operation_causes import at_fault
from gradtui.nan_trace.slope_inputs import SlopeInputs
from gradtui.nan_trace.slopes import InfiniteSlope
from gradtui.nan_trace.source_lines import Around


class LossClues:
    """`note` each loss before its backward pass, `over` after the step: what there is stays until the
    next backward pass, for another optimizer may be about to step on the same gradients."""

    def __init__(self, outputs: Callable[[], Iterable[Tensor]] = tuple) -> None:
        self._outputs = outputs
        self._cliffs = SlopeInputs()
        self._stale = False
        self.birth: BadOperation | None = None

    @property
    def passes(self) -> list[list[InfiniteSlope]]:
        """By backward pass."""
        return self._cliffs.kept

    @property
    def own(self) -> list[str]:
        """Functions of the losses whose backward somebody wrote."""
        return self._cliffs.own

    @property
    def near(self) -> Around:
        """Words of the operations around the one at fault."""
        if self.birth is not None:
            return self.birth.near
        return at_fault(self.passes, self.own).near

    def note(self, loss: Tensor, value: float | Tensor) -> None:
        """`value` is a tensor where reading it would make somebody wait: then nothing is looked at."""
        if self._stale:
            self.forget()
        if type(value) is not float:
            return
        if isfinite(value):
            try:
                self._cliffs.keep(loss)
            except Exception:
                self._cliffs.off = True
                raise
        elif self.birth is None and loss.grad_fn is not None:
            self.birth = birth(loss, KnownValues(loss, self._outputs()))

    def over(self) -> None:
        self._stale = True

    def forget(self) -> None:
        self._stale, self.birth = False, None
        if self._cliffs.kept:
            self._cliffs.kept = []
