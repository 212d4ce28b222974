"""What a log holds and what was made of it, in lines. Pure."""

from collections.abc import Iterator

import numpy as np

from gradtui.core.logged import LABELS, Logged
from gradtui.core.text import listed, printable
from gradtui.runstore.logs.selection import Selection
from gradtui.runstore.logs.series import Log, Series

NAMED = 12
"""Series that are named of those of which nothing is made."""


def described(log: Log, selection: Selection, logged: Logged) -> Iterator[str]:
    yield f"{logged.format}: {listed([printable(name) for name in log.files], 3)}"
    plain = {
        "loss": selection.loss,
        "gradient norm": selection.norm,
        "learning rate": selection.rate,
    }
    for what, one in plain.items():
        yield (
            f"{what:<{LABELS}}{_points(one)}"
            if one is not None
            else f"{what:<{LABELS}}not in this log"
        )
    layers = list(selection.layers.values())
    if layers:
        yield f"{'layers':<{LABELS}}{len(layers):,}, such as {_points(layers[0])}"
    else:
        yield f"{'layers':<{LABELS}}not in this log"
    for one in selection.validation[:NAMED]:
        yield f"{'validation loss':<{LABELS}}{_points(one)}"
    others = selection.others()
    if others:
        names = listed([printable(name) for name in others], NAMED)
        yield f"{'beside':<{LABELS}}{names}"


def _points(one: Series) -> str:
    """ "train/loss, 100 points to step 990"."""
    known = one.steps[np.isfinite(one.steps)]
    upto = f" to step {known.max():,.0f}" if len(known) else ""
    points = "1 point" if len(one) == 1 else f"{len(one):,} points"
    return f"{printable(one.name)}, {points}{upto}"
