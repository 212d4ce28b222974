"""How a run has ended and how much of it was seen, from what lies in its directory."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gradtui.core.coverage import Coverage
from gradtui.core.ending import LATE, Ending
from gradtui.core.logged import TOTAL
from gradtui.runstore.format.event_json import is_step
from gradtui.runstore.format.record_tail import BLANK
from gradtui.runstore.format.records import rising
from gradtui.runstore.reader.load import Loaded
from gradtui.runstore.reader.scalar_files import measured_steps
from gradtui.runstore.writer.launch_record import exit_code

LONGEST = 200
"""Characters of what the disk has said."""
PACED = 50
"""Steps that tell how fast the last ones came."""
LAST_WORDS = ("ended", "failed", "closed")


def ending_of(
    directory: Path,
    events: Sequence[dict[str, Any]],
    *,
    running: bool = False,
    code: int | None = None,
    disk: str = "",
) -> Ending:
    """`events` of all ranks; `code` and `disk` where the program that started the command knows
    better than the directory: what it ended with, and what the disk said to it."""
    failed = next((e for e in events if e.get("kind") == "failed"), {})
    dropped = _last_of_each(events, "dropped")
    count, bare = (sum(max(_number(e.get(k), 0), 0) for e in dropped) for k in ("count", "bare"))
    why = next((str(e["why"])[:LONGEST] for e in reversed(dropped) if e.get("why")), disk)
    return Ending(
        code=exit_code(directory) if code is None else code,
        exception=str(failed.get("message", "")),
        step=_number(failed.get("step"), -1),
        dropped=count,
        bare=bare,
        why=why,
        whole=not disk and (running or _closed(events)),
    )


def coverage_of(loaded: Loaded, end: Ending, steps: int | None = None) -> Coverage:
    """How much of a run the verdict on it rests on; of its first `steps` steps where they are given."""
    last = max((rank.last_step for rank in loaded.status.ranks), default=-1)
    taken = steps_taken(last, loaded.events)
    measured = measured_steps(loaded.ranks)
    if steps is not None:
        taken, measured = min(taken, steps), measured[measured < steps]
    cut_short = end.failed or not end.whole
    logged = loaded.info.logged
    alone = logged is not None and logged.gradients == TOTAL
    return Coverage(
        taken=taken,
        # Which ones are bare is not known, only that their gradients are nowhere to be read.
        measured=max(len(measured) - end.bare, 0),
        tensors=0 if alone else int(loaded.layout.parameters.sum()),
        unseen=max(loaded.info.unseen_tensors, 0),
        until=last if cut_short and steps is None and last >= 0 else None,
        logged=logged.covers if logged is not None else "",
    )


def late_steps(loaded: Loaded) -> int:
    """Steps that the ranks of a run take in LATE seconds, by the times of their last ones; 0 where
    fewer than two are known."""
    found = 0
    for rank in loaded.ranks:
        file = rank.steps
        # Of a million steps these alone are read; blank ones may come after them.
        last = file.at(np.arange(max(file.count - PACED - BLANK, 0), file.count))
        times = np.asarray(last[rising(last["step"])]["time"][-PACED:], np.float64)
        passed = float(times[-1] - times[0]) if len(times) > 1 else 0.0
        if math.isfinite(passed) and passed > 0:
            found = max(found, max(1, round(LATE * (len(times) - 1) / passed)))
    return found


def steps_taken(last: int, events: Sequence[dict[str, Any]]) -> int:
    """Steps that a run has taken: `last` is the last on disk, and its end tells of those after it."""
    told = [_number(e.get("step"), 0) for e in events if e.get("kind") == "ended"]
    return max([last + 1, *told])


def _closed(events: Sequence[dict[str, Any]]) -> bool:
    """Whether every rank that has said anything has said a last word as well."""
    ranks = {repr(e.get("rank")) for e in events}
    over = {repr(e.get("rank")) for e in events if str(e.get("kind")) in LAST_WORDS}
    return ranks == over


def _last_of_each(events: Sequence[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    """Of every rank the last line of a kind: what it tells are totals."""
    return list({repr(e.get("rank")): e for e in events if e.get("kind") == kind}.values())


def _number(value: object, otherwise: int) -> int:
    return value if is_step(value) else otherwise
