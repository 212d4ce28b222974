"""Dropout that drops nearly everything: the share to keep was given in place of the share to drop."""

from collections.abc import Sequence

from torch import nn

from gradtui.core.text import listed, printable
from gradtui.core.wiring import HEAVY_DROPOUT, Faults
from gradtui.nan_trace.module_walk import attributes, walk

HEAVY = 0.8
"""Share that is dropped, from which on it is told."""
NAMED = 3


def heavy_dropout(roots: Sequence[nn.Module]) -> Faults:
    """Modules of torch's own that are at work and drop so much."""
    found: dict[int, tuple[str, float]] = {}
    for root in roots:
        for path, module in walk(root):
            own = attributes(module)
            share = own.get("p")
            if not isinstance(module, nn.modules.dropout._DropoutNd) or not own.get("training"):
                continue
            if isinstance(share, (int, float)) and HEAVY <= share <= 1:
                found.setdefault(id(module), (path, float(share)))
    if not found:
        return ()
    paths = [printable(path) or "Dropout" for path, _ in found.values()]
    least = min(share for _, share in found.values())
    words = f"{100 * least:.3g} % is dropped by {listed(paths, NAMED)}"
    return ((HEAVY_DROPOUT, words),)
