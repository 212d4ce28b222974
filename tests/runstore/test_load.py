"""A run read at once has the same facts as one that was watched step by step."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from gradtui.core.snapshot import Snapshot
from gradtui.runstore.reader.load import load_facts
from tests.runstore.recorded import record, remembered, same, snap


def taking_turns(steps: int = 40) -> Iterator[Snapshot]:
    """Two optimizers, one clipped: at each step the other's gradients, and one bias, are missing."""
    for step in range(steps):
        one = snap(step)
        grads = one.grads.copy()
        grads[: 2 if step % 2 else 3] = np.nan
        turn = step % 2
        yield replace(
            one,
            grads=grads,
            optimizer=turn,
            stage="clipped" if turn else "raw",
            clip_coefficient=0.5 if turn else float("nan"),
        )


def test_missing_gradients_and_clipping(tmp_path: Path) -> None:
    record(tmp_path, taking_turns())
    found, expected = load_facts(tmp_path), remembered(taking_turns())
    same(found, expected)
    assert found.optimizer[:4].tolist() == [0, 1, 0, 1]
    assert np.isnan(found.row_norms[0, 0])  # no tensor of that row has a gradient
    assert np.isfinite(found.row_norms[0, 1])  # one of two has none
