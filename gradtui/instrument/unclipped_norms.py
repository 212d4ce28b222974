"""Norms as they were before a program clipped its gradients, from those after."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from gradtui.core.layout import BoolArray, FloatArray, IntArray
from gradtui.core.snapshot import merge_norms

SAME = 1e-2
"""How far a norm in half precision may be from ours and still be the same."""


class Cut(NamedTuple):
    """One clipping of the tensors at these places. `factor` is what they were multiplied by and `norm`
    the total that this was judged by, NaN where unknown; `whole`: that was the total of these tensors
    and no others. `norms` [len(at)] were measured just before, where nothing else tells."""

    at: IntArray
    factor: float
    norm: float
    whole: bool
    norms: FloatArray | None = None


def unclipped(norms: FloatArray, cuts: Sequence[Cut], there: BoolArray) -> FloatArray:
    """[n] L2 norms after the cuts, in their order -> [n] before all of them; `there` [n] says which
    gradients are not missing.

    Where the program had computed the L2 norm of the tensors itself they are made to agree with it.
    """
    out = np.array(norms, np.float64)
    for cut in reversed(cuts):
        if cut.norms is not None:
            out[cut.at] = cut.norms
        elif 0 < cut.factor < 1:
            out[cut.at] /= cut.factor
        if not cut.whole or np.isnan(cut.factor):
            continue
        mine = cut.at[there[cut.at]]
        total = float(merge_norms(out[mine]))
        if not np.isfinite(cut.norm) or cut.factor == 0:
            out[mine] = cut.norm  # nothing is left to tell the tensors apart
        elif total > 0 and abs(total - cut.norm) <= SAME * cut.norm:
            out[mine] *= cut.norm / total
    return out
