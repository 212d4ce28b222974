"""A long `gradtui run` with two viewers, random keys and a second training on the machine.

    python -m tests.soak --minutes 20

Tells how many of the trainings' steps are in their records, against what each training wrote down
itself, and how much memory every process held over time. Fails where a step is missing or differs,
where anything crashes, and where a process has grown by more than a tenth.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from math import isnan
from pathlib import Path

import numpy as np

from gradtui.core.control import Resume, SetPace
from gradtui.core.layout import FloatArray
from gradtui.runstore.reader.ending import coverage_of, ending_of
from gradtui.runstore.reader.load import load
from gradtui.runstore.reader.open_run import open_run
from gradtui.runstore.writer.control_file import send_control
from tests.monkey.events import Event, events
from tests.monkey.play import PATIENCE, App, Ground, HarmError, Mode, wait
from tests.soak import training
from tests.soak.memory import BEGIN, Watch

ALLOWED = 0.1
"""Growth of a process that is let pass."""
LASTED = 0.5
"""Share of the time that a process must have lived for its growth to mean anything."""
LOOK = 2.0
"""Seconds between two looks at the memory."""
EVENT, AT_FIRST = 1.0, 0.15
"""Seconds between two events; less until the start is over, so that by then whatever is kept for later
has been filled."""
FREED = 20.0
"""Seconds after which a training that was held or slowed down by a key goes on as before: one that stands
still would show nothing."""
PANES = ((80, 24), (40, 12), (140, 45), (100, 30), (200, 60), (120, 24), (60, 50), (1, 1))
"""Sizes that a terminal has in turns. For each new one Textual keeps regions and lines, up to a limit
that random sizes reach after hours: that would be told as growth."""
KEPT = 20_000
"""Bytes of what a terminal was sent that are kept at both ends: how it was taken and given back."""
LEAVING = (b"\x10", b"\x1a", b"\x1b[<", b"q")
"""What may lead to the end, or to a stop: the palette, ctrl+z, clicks and q are for the viewer."""


class Stage(Ground):
    """Two trainings of so many seconds, "watched" with a screen and "other" without."""

    def __init__(self, home: Path, seconds: float) -> None:
        super().__init__(home)
        self.seconds = seconds

    def __enter__(self) -> "Stage":
        self.other = self.start("other")
        wait(lambda: self.steps("other"), "the training does not begin")
        return self

    def __exit__(self, *_: object) -> None:
        for name in ("watched", "other"):
            self.end(name)
        self.other.wait(PATIENCE)

    def program(self, name: str, *more: str) -> list[str]:
        return [sys.executable, training.__file__, str(self.home / name), str(self.seconds), *more]

    def steps(self, name: str) -> list[str]:
        """Something else whenever the training has taken a step."""
        path = (self.home / name).with_suffix(".steps")
        return [str(path.stat().st_size)] if path.exists() and path.stat().st_size else []

    def command(self, mode: Mode, name: str) -> list[str]:
        if mode == "run":
            return [sys.executable, "-m", "gradtui", "run", *self.program("watched")]
        return [sys.executable, "-m", "gradtui", "attach", str(self.directory("watched"))]

    def directory(self, name: str) -> Path:
        """Where the run of a training is recorded."""
        if name == "other":
            return self.only(name)
        [run] = (path for path in (self.home / "runs").iterdir() if path.is_dir())
        return run

    def taken(self, name: str) -> FloatArray:
        """[steps, 3] what the training has written down: step, loss, learning rate."""
        return np.fromfile((self.home / name).with_suffix(".steps")).reshape(-1, 3)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.soak",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gradtui-soak-") as home:
        stage = Stage(Path(home), 60 * given.minutes)
        with stage:
            faults = soak(stage, given.seed)
        for name in ("watched", "other"):
            faults += accounted(stage, name)
    print(f"{len(faults)} faults" + "".join(f"\n  {fault}" for fault in faults))
    return 1 if faults else 0


def soak(stage: Stage, seed: int) -> list[str]:
    """Everything at once until the training has ended; what went wrong."""
    memory, faults = Watch(), list[str]()
    began = time.monotonic()
    apps = {"run": App(stage, "run", "watched")}
    try:
        wait(lambda: stage.steps("watched"), "the training does not begin")
        time.sleep(1)  # its run.json comes with the first step
        apps["viewer"] = App(stage, "attach", "viewer")
        apps["viewer played with"] = App(stage, "attach", "monkey")
        hands = {"run": gentle(seed), "viewer played with": wild(seed + 1)}
        looked = played = freed = 0.0
        while stage.other.poll() is None:
            now = time.monotonic() - began
            for app in apps.values():
                app.terminal.read(0.05)
                shorten(app.terminal.sent)
            if now - looked >= LOOK:
                looked = now
                pids = [(name, app.terminal.process.pid) for name, app in apps.items()]
                memory.look([*pids, ("other run", stage.other.pid)], now)
            if now - freed >= FREED:
                freed = now
                free(stage.directory("watched"))
            if now - played >= (AT_FIRST if now < BEGIN * stage.seconds else EVENT):
                played = now
                for name, hand in hands.items():
                    apps[name].happen(next(hand))
                apps["viewer"].check()
        if apps["run"].left:
            faults.append(f"the run's own screen has ended {apps['run'].left} times on the way")
        free(stage.directory("watched"))
        wait(lambda: ended(stage, "watched"), "the training does not end")
        for app in reversed(apps.values()):
            app.leave()
    except HarmError as wrong:
        faults.append(str(wrong))
    finally:
        for app in apps.values():
            app.close()
    for series in memory.series.values():
        if series.at[-1] - series.at[0] < LASTED * stage.seconds:
            continue
        print(series.told())
        growth = series.growth()
        if isnan(growth) or growth > ALLOWED:
            faults.append(f"{series.name} has grown by {100 * growth:.1f} %")
    faults += [log.read_text()[-2000:] for log in stage.logs("crash")]
    passed = sum(log.read_text().count("Traceback (most") for log in stage.logs("faults"))
    print(f"{passed} faults of Textual passed over")
    return faults


def wild(seed: int) -> Iterator[Event]:
    """Everything that can happen to a program on a terminal."""
    while True:
        for event in events(seed, 1000):
            panes = tuple(PANES[(7 * w + h) % len(PANES)] for w, h in event.sizes)
            yield replace(event, sizes=panes)
        seed += 1000


def gentle(seed: int) -> Iterator[Event]:
    """Of that, what ends no program and stops none."""
    for event in wild(seed):
        if event.kind in ("type", "resize") and not any(part in event.data for part in LEAVING):
            yield event


def free(run: Path) -> None:
    """Undo what viewers may have asked of the training."""
    for control in (SetPace(0.0), Resume()):
        if not send_control(run, control):
            raise HarmError("the training cannot be asked for anything")


def shorten(sent: bytearray) -> None:
    if len(sent) > 10 * KEPT:
        del sent[KEPT:-KEPT]


def ended(stage: Stage, name: str) -> bool:
    return load(stage.directory(name)).status.state != "running"


def accounted(stage: Stage, name: str) -> list[str]:
    """What of a training's own account is not in its record."""
    directory, truth = stage.directory(name), stage.taken(name)
    run, loaded = open_run(directory), load(directory)
    end = ending_of(directory, loaded.events)
    seen = coverage_of(loaded, end)
    print(
        f"{name}: {len(truth):,} steps taken, {len(run.steps):,} recorded, {seen.measured:,} of them "
        f"in full, {end.dropped} dropped, {sum(f.stat().st_size for f in directory.iterdir()):,} bytes"
    )
    if len(run.steps) != len(truth) or (run.steps != truth[:, 0]).any():
        return [f"{name}: {len(truth)} steps were taken, {len(run.steps)} are in the record"]
    faults = []
    for what, right, got in (("loss", truth[:, 1], run.loss), ("lr", truth[:, 2], run.lr)):
        wrong = int((right != got).sum())
        if wrong:
            faults.append(f"{name}: {wrong} of {len(truth)} steps have another {what}")
    if (np.diff(run.time) < 0).any():
        faults.append(f"{name}: time goes back")
    if end.dropped or seen.taken != len(truth):
        faults.append(f"{name}: {end.dropped} dropped, {seen.taken} told of as taken")
    return faults


if __name__ == "__main__":
    sys.exit(main())
