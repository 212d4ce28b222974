"""What is put together wrongly and can be seen before the first step is taken."""

from collections.abc import Callable, Sequence

from torch import Tensor, nn

from gradtui.core.layout import Layout
from gradtui.core.wiring import LEFT_OUT, NOT_STEPPED, OTHERS_TRAINED, UNREGISTERED, Faults
from gradtui.instrument.heavy_dropout import heavy_dropout
from gradtui.instrument.identical_units import same_units
from gradtui.instrument.unstepped_parameters import not_stepped
from gradtui.patching.own_errors import suppress_own


def first_look(
    layout: Layout,
    tensors: Sequence[Tensor],
    leaves: Callable[[], Sequence[Tensor]],
    stepped: Sequence[Tensor],
    roots: Sequence[nn.Module],
) -> Faults:
    """`tensors` as `layout` lists them; `leaves` of the first losses; `stepped` by any optimizer.
    What cannot be looked at is passed over in silence."""
    found: Faults = ()
    with suppress_own:
        found = same_units(layout, tensors)
    with suppress_own:
        found += not_stepped(leaves(), stepped, roots)
    with suppress_own:
        found += heavy_dropout(roots)
    return found


def once_more(
    faults: Faults,
    leaves: Callable[[], Sequence[Tensor]],
    stepped: Sequence[Tensor],
    roots: Sequence[nn.Module],
) -> Faults:
    """`faults` when more is stepped than at first: an optimizer may be made at its first use."""
    if not any(kind in (NOT_STEPPED, OTHERS_TRAINED) for kind, _ in faults):
        return faults
    again = NOT_STEPPED, LEFT_OUT, OTHERS_TRAINED, UNREGISTERED
    found = tuple(fault for fault in faults if fault[0] not in again)
    with suppress_own:
        found += not_stepped(leaves(), stepped, roots)
    return found
