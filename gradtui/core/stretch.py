"""Every step of a part of a run, where no more than some of the whole are kept."""

from dataclasses import dataclass

from gradtui.core.layout import FloatArray, IntArray
from gradtui.core.scalar_series import ScalarSeries


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """The steps from `first` to `last`, those included."""

    first: int
    last: int
    scalars: ScalarSeries
    """Of all of them."""
    steps: IntArray
    """[n] those whose gradients were measured."""
    total_norm: FloatArray
    """[n] L2 norm over all parameters, before clipping."""
