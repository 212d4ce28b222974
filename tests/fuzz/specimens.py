"""Short recorded runs of every kind, to be damaged."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from gradtui.core.autopsy import Autopsy, ModuleRange, Span
from gradtui.core.event import Ended, Failed, Started
from gradtui.core.snapshot import NonFinite
from gradtui.runstore.format.metric_rows import MetricQueue, MetricRow
from gradtui.runstore.format.records import STEP
from gradtui.runstore.writer.launch_record import record_exit, record_launch
from tests.factories import mlp_layout, run_info, time_layout
from tests.runstore.recorded import LAYOUT, record, snap

STEPS = 24
WIDE = mlp_layout(5)


def single(home: Path) -> None:
    record(home, [*(snap(i) for i in range(STEPS)), Ended(0, STEPS, "finished")])
    (home / "output.log").write_text("epoch 1\rstep 3\x1b[31m red\x1b[0m\n" * 20)
    record_exit(home, 0)


def ranks(home: Path) -> None:
    tensors = tuple(replace(t, placement="shard") for t in LAYOUT.tensors[:2]) + LAYOUT.tensors[2:]
    layout = replace(LAYOUT, tensors=tensors)
    for rank in range(3):
        taken = [snap(i, 1.0 + rank, layout) for i in range(STEPS - rank)]
        record(home, taken, layout, rank=rank, world_size=4)


def generations(home: Path) -> None:
    info = run_info(wiring=(("softmax_twice", "softmax, then cross_entropy"),))
    things: list[Any] = [snap(i) for i in range(8)]
    things += [Started(0, WIDE, info), *(snap(i, 1.0, WIDE) for i in range(8, 16))]
    things += [Started(0, LAYOUT, info), *(snap(i) for i in range(16, STEPS))]
    record(home, things)


def broken(home: Path) -> None:
    span = Span(1e-3, 4.0, 0, 12)
    around = (ModuleRange("layers.1", "Linear", span, span, span),)
    found = Autopsy(9, "backward", "layers.1", "Linear", words="it is <b>", around=around, at=0)
    seen = NonFinite(9, "backward", "layers.1", "weight", found)
    things: list[Any] = [snap(i) for i in range(9)]
    things.append(replace(snap(9, float("nan")), nonfinite=seen, loss=float("inf")))
    things += [replace(snap(i), skipped=i % 2 == 0, loss_scale=2.0**i) for i in range(10, STEPS)]
    record(home, [*things, Failed(0, STEPS, "ValueError: it is", "Traceback\n  ValueError\n")])
    record_exit(home, 1)


def older(home: Path) -> None:
    """As version 1 of the format has it."""
    record(home, [snap(i) for i in range(STEPS)])
    path = home / "steps-0.bin"
    found = np.fromfile(path, STEP)
    fields = [[n, STEP[n].str] for n in STEP.names or () if n != "backwards"]
    out = np.zeros(len(found), np.dtype([(name, code) for name, code in fields]))
    for name, _ in fields:
        out[name] = found[name]
    out.tofile(path)
    header = json.loads((home / "run.json").read_text())
    header["schema"], header["steps"]["dtype"] = 1, fields
    (home / "run.json").write_text(json.dumps(header))


def turns(home: Path) -> None:
    """Two optimizers, a closure, a recurrent net."""
    layout = time_layout(4)
    things = [replace(snap(i, 1.0, layout), optimizer=i % 2) for i in range(STEPS - 4)]
    things += [replace(snap(STEPS - 4, 1.0, layout), evaluation=e) for e in (1, 2, 3)]
    record(home, things, layout, optimizers=("SGD", "Adam"), command=["python", "gan.py"])


def begun(home: Path) -> None:
    """A command that was started, and has not taken a step."""
    home.mkdir()
    record_launch(home, ["python", "train.py", "--lr", "0.1"])
    (home / "output.log").write_text("loading\n")
    (home / "watch.log").write_text("pid 3: nothing to see\n")


def cut_short(home: Path) -> None:
    """One whose process was killed: no line says that it ended."""
    record(home, [snap(i) for i in range(STEPS)], command=["python", "-m", "train"])
    path = home / "events.jsonl"
    kept = [line for line in path.read_text().splitlines() if '"closed"' not in line]
    path.write_text("".join(f"{line}\n" for line in kept))
    header = json.loads((home / "run.json").read_text())
    (home / "run.json").write_text(json.dumps(header | {"pid": 1 << 22, "machine": "elsewhere"}))
    with (home / "control.jsonl").open("w") as file:
        file.write('{"ask": "pause", "time": 3}\n')


def logged(home: Path) -> None:
    """One that has logged numbers of all kinds, under names of all kinds."""
    queue = MetricQueue()
    odd = (
        "loss",
        "val/loss",
        "[bold]x[/]",
        "\x1b[2Jname",
        "=cmd|'/c calc'!A1",
        "字" * 90,
        "a\ud800b",
    )
    for step in range(-1, STEPS):
        for at, name in enumerate(odd):
            value = (float(step), float("nan"), -1e308, 1e308, float("inf"), 0.0, 5e-324)[
                (step + at) % 7
            ]
            queue.put(MetricRow(name, "own", step, step * 0.5, 1.7e9 + step, value))
    record(home, [snap(i) for i in range(STEPS)], metrics=queue)


SPECIMENS = {
    made.__name__: made
    for made in (single, ranks, generations, broken, older, turns, begun, cut_short, logged)
}


def make_all(home: Path) -> None:
    """Every one of them in a directory of its name, and a `good` one that nobody damages."""
    home.mkdir(parents=True, exist_ok=True)
    for name, made in SPECIMENS.items():
        made(home / name)
    single(home / "good")
