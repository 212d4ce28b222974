"""What monitors cost, worked out from turns of bare and of them, and how it is shown."""

import math
import os
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from tests.benchmarks.monitors import AGAIN, BARE, MONITORS
from tests.benchmarks.turns import LeftOutError, Process, Turn, take_turns

WARM_UP = 1.0
"""Seconds."""
LONGEST = 60
"""Turns of warming up that gradtui has to spend its allowance in."""


class Cost(NamedTuple):
    """Of one monitor on one net."""

    ratio: float
    """Of a step's time to bare's."""
    low: float
    high: float
    """Quartiles of the rounds' ratios."""
    share: float
    """Of steps at which it gave what it gives."""
    memory: float
    """MiB beyond bare; NaN if unknown."""


def bare_rates(turns: Mapping[str, Sequence[Turn]]) -> list[float]:
    """[rounds] steps a second, the mean of both that are bare."""
    pairs = zip(turns[BARE], turns[AGAIN], strict=True)
    return [(first.rate + second.rate) / 2 for first, second in pairs]


def cost(turns: Sequence[Turn], bare: Sequence[float], bare_memory: float, share: float) -> Cost:
    ratios = [rate / turn.rate for rate, turn in zip(bare, turns, strict=True)]
    low, middle, high = np.quantile(ratios, (0.25, 0.5, 0.75)).tolist()
    return Cost(middle, low, high, share, turns[-1].memory - bare_memory)


def measured_share(place: Path, warm: int) -> float:
    """Of the steps after the first `warm`, those of which the run has the norms."""
    import gradtui

    run = gradtui.open_run(place)
    late, measured = run.steps > warm, run.measured_steps > warm
    return float(measured.sum() / late.sum())


def spend_allowance(side: Process) -> int:
    """Warms gradtui up until its budget rules, and returns the steps that this took."""
    import gradtui
    from gradtui.instrument.budget import ALLOWANCE
    from gradtui.runstore.files.run_folders import is_run

    for _ in range(LONGEST):
        steps = side.turn(WARM_UP).steps
        if not (is_run(side.place) and list(side.place.glob("steps-*.bin"))):
            continue
        if np.nansum(gradtui.open_run(side.place).overhead) > 1.2 * ALLOWANCE:
            break
    return steps


def warm_up(sides: Sequence[Process]) -> tuple[dict[str, int], dict[str, str]]:
    """The steps that each has taken, and why others failed."""
    warm, failed = {}, {}
    for side in sides:
        try:
            recorded = MONITORS[side.monitor].recorded
            warm[side.name] = spend_allowance(side) if recorded else side.turn(WARM_UP).steps
        except LeftOutError as error:
            failed[side.name] = str(error)
    return warm, failed


def compare(
    sides: Sequence[Process], rounds: int, seconds: float
) -> tuple[dict[str, Cost], float, dict[str, str]]:
    """Costs by name, milliseconds of a bare step, and why others were left out. The sides, of which one is
    called BARE and one AGAIN, are ended."""
    try:
        warm, failed = warm_up(sides)
        turns, later = take_turns([s for s in sides if s.name in warm], rounds, seconds)
        failed |= later
        if not {BARE, AGAIN} <= turns.keys():
            return {}, math.nan, failed
        for side in sides:
            side.finish()
        bare = bare_rates(turns)
        memory = min(turns[name][-1].memory for name in (BARE, AGAIN))
        costs = {}
        for side in (s for s in sides if s.name in turns):
            share = 1 / MONITORS[side.monitor].every
            if MONITORS[side.monitor].recorded:
                side.wait()
                share = measured_share(side.place, warm[side.name])
            costs[side.name] = cost(turns[side.name], bare, memory, share)
    finally:
        for side in sides:
            side.clear()
    return costs, 1000 / statistics.median(bare), failed


def spread(names: Sequence[str]) -> list[str]:
    """Bare first, and once more in the middle."""
    others = [name for name in names if name not in (BARE, AGAIN)]
    middle = (len(others) + 1) // 2
    return [BARE, *others[:middle], AGAIN, *others[middle:]]


def table(costs: Mapping[str, Mapping[str, Cost]], milliseconds: Mapping[str, float]) -> str:
    """`costs` by net and monitor, in Markdown. Shares are the least, memory the most of all nets."""
    nets = [f"{net}, {milliseconds[net]:.1f} ms" for net in costs]
    rows = [["", *nets, "steps", "MiB", "what it gives"]]
    rows.append(["---", *["---:"] * (len(nets) + 2), "---"])
    for name in dict.fromkeys(name for by_name in costs.values() for name in by_name):
        known = [by_name.get(name) for by_name in costs.values()]
        had = [c for c in known if c is not None]
        ratios = ["-" if c is None else f"{c.ratio:.2f}" for c in known]
        shares = "" if name in (BARE, AGAIN) else percent(min(c.share for c in had))
        memory = max(c.memory for c in had)
        shown = "" if math.isnan(memory) else f"{memory:.0f}"
        rows.append([name, *ratios, shares, shown, MONITORS[name].gives])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def percent(share: float) -> str:
    """In words that do not round to 0 or 100 what is neither."""
    hundreds = 100 * share
    digits = 0 if hundreds == 100 or 1 <= hundreds <= 99 else 1
    return f"{hundreds:.{digits}f} %"


def block(net: str, costs: Mapping[str, Cost], milliseconds: float) -> str:
    """For the eye, while other nets are still to come."""
    lines = [f"{net}: a bare step takes {milliseconds:.2f} ms"]
    for name, c in costs.items():
        share = "" if name in (BARE, AGAIN) else f"  steps {percent(c.share)}"
        lines.append(f"  {name:28s}{c.ratio:7.3f}  ({c.low:.3f} .. {c.high:.3f}){share}")
    return "\n".join(lines)


def machine(device: str, threads: int) -> str:
    where = torch.cuda.get_device_name() if device == "cuda" else f"{os.cpu_count()} cores"
    return f"{where}, {threads} thread{'s' * (threads != 1)}, torch {torch.__version__}"
