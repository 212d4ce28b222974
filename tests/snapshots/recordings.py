"""Runs on disk, always the same ones."""

from pathlib import Path

from gradtui.core.event import Ended, Event, Failed
from gradtui.runstore.writer.launch_record import record_exit
from tests import factories
from tests.factories import MadeUp
from tests.runstore.recorded import record

SICK, TREATED, BROKEN = (
    f"20261121-0{hour}3337-train-{chance}"
    for hour, chance in ((6, "3f9a07"), (7, "b0c1d2"), (8, "5e8d11"))
)
COMMAND = ["python", "train.py"]
TRACE = """Traceback (most recent call last):
  File "train.py", line 41, in <module>
    main()
  File "train.py", line 37, in main
    assert loss.isfinite(), f"loss is {loss.item()} at step {step}"
AssertionError: loss is nan at step 54
"""


def record_runs(home: Path) -> None:
    """A run that learns nothing, the same one treated, and one that grew until it raised."""
    _record(home / SICK, factories.vanishing(20, 120), Ended(1, 120, "finished"), "--lr", "0.1")
    _record(
        home / TREATED,
        factories.healthy(20, 120),
        Ended(1, 120, "finished"),
        "--lr",
        "0.1",
        "--relu",
    )
    raised = Failed(1, 54, TRACE.splitlines()[-1], TRACE)
    _record(home / BROKEN, factories.exploding(12, 55), raised, "--lr", "1.0")
    (home / BROKEN / "output.log").write_text(f"reading data\nstep 40  loss nan\n{TRACE}")
    record_exit(home / BROKEN, 1)


def _record(directory: Path, made: MadeUp, end: Event, *more: str) -> None:
    things = [*factories.snapshots(made), end]
    record(directory, things, made.layout, made.info, command=[*COMMAND, *more])
