"""Two seeds of the monkey; `python -m tests.monkey --seeds 200` are more."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.monkey.events import events
from tests.monkey.play import MODES, Ground, HarmError, play

SEEDS = 2


@pytest.mark.long
@pytest.mark.slow
def test_nothing_that_happens_ends_it(tmp_path: Path) -> None:
    def harm(seed: int) -> str:
        mode = MODES[seed % len(MODES)]
        try:
            play(ground, mode, f"seed-{seed}", events(seed, 120))
        except HarmError as wrong:
            return f"seed {seed}, {mode}: {wrong}"
        return ""

    with Ground(tmp_path) as ground, ThreadPoolExecutor(2) as two:
        harms = list(two.map(harm, range(SEEDS)))
    assert not any(harms), "\n".join(harms)
    assert not ground.harmed()


def test_the_same_happens_again() -> None:
    assert events(3, 300) == events(3, 300) != events(4, 300)
