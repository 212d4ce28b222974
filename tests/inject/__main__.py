"""Trainings started plainly by each launcher, attached to in mid-run, watched, and let go of.

    python -m tests.inject --times 20
    python -m tests.inject --only torchrun Ray --minutes 10

Each is started once without anybody attaching, and so many times with: by `gradtui attach --pid` for every of
its processes, and `--detach` some steps later. Prints a table in Markdown. Fails where one does not end with
the same losses, weights and random numbers to the bit, where a recorded loss is not the program's, and where
anything is left in a process. What is not installed is named and left out.
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from math import inf
from pathlib import Path
from typing import Any

from tests.inject.attached_trainings import (
    COLUMNS,
    TRAININGS,
    Outcome,
    Training,
    TroubleError,
    attached,
    left_alone,
    row,
)


def tried(training: Training, folder: Path, bare: list[dict[str, Any]] | None) -> Outcome:
    """One more; what goes wrong is said at once."""
    folder.mkdir()
    if bare is None:
        return Outcome("the one that was left alone has failed")
    outcome = attached(training, folder / "it", bare)
    if not outcome.good:
        print(f"{training.name}: {outcome}", file=sys.stderr, flush=True)
    return outcome


def alone(training: Training, folder: Path) -> list[dict[str, Any]] | None:
    """What its ranks say of themselves; None where they fail without us."""
    try:
        return left_alone(training, folder)
    except TroubleError as error:
        print(f"{training.name}: left alone, {error}", file=sys.stderr, flush=True)
        return None


def main(words: Sequence[str]) -> int:
    about = argparse.ArgumentParser(prog="python -m tests.inject", description=__doc__)
    about.add_argument("--times", type=int, default=3, help="trainings of each kind")
    about.add_argument("--minutes", type=float, default=inf, help="after which none is begun")
    about.add_argument("--only", nargs="+", default=[], help="beginnings of names")
    args = about.parse_args(words)
    end = time.monotonic() + 60 * args.minutes
    chosen = [t for t in TRAININGS if not args.only or t.name.startswith(tuple(args.only))]
    for training in chosen:
        if training.missing:
            print(f"{training.name}: {training.missing}", file=sys.stderr)
    outcomes: dict[Training, list[Outcome]] = {t: [] for t in chosen if not t.missing}
    with tempfile.TemporaryDirectory() as place:
        # In turns, so that each has had its share if time is up.
        bare = {t: alone(t, Path(place) / f"alone.{i}") for i, t in enumerate(outcomes)}
        for turn in range(args.times):
            for i, (training, known) in enumerate(outcomes.items()):
                if time.monotonic() < end:
                    folder = Path(place) / f"{i}.{turn}"
                    known.append(tried(training, folder, bare[training]))
                    shutil.rmtree(folder, ignore_errors=True)
            print(f"turn {turn + 1} of {args.times}", file=sys.stderr, flush=True)
    print("| " + " | ".join(COLUMNS) + " |")
    print("|---" * len(COLUMNS) + "|")
    for training, known in outcomes.items():
        print(row(training, known))
    return 0 if all(known and all(one.good for one in known) for known in outcomes.values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
