"""Whether all that is sent of a long run arrives: its points in Prometheus and TensorBoard, counted.

    python -m tests.benchmarks.arrival [--steps 60000] [--rate 100] [--layers 6]

A training of so many steps a second is run with `gradtui run --to otlp=... --to tensorboard=...`, the first
to a collector and a Prometheus that are started for it (`python -m tests.receivers` fetches both). It writes
down itself what the loss and the learning rate of each step were, and what it has logged. Each series is then
asked for in full and held against that account, norms against the run directory. What is missing of a series,
and what differs, is printed; the exit code says whether there was anything.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from array import array
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tests.receivers import collector, prometheus

SETTLING = 5.0
"""Seconds that the collector gets to hand the last of it on."""
Points = dict[str, np.ndarray]
"""Series -> [n] values in the order of the steps."""
LOGGED_EVERY = 10


def work(where: Path, steps: int, rate: float, layers: int) -> None:
    """The program."""
    import torch

    import gradtui

    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = torch.nn.Sequential(*(torch.nn.Linear(16, 16) for _ in range(layers)))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.99999)
    began = time.monotonic()
    with where.open("wb") as out:
        for step in range(steps):
            optimizer.zero_grad()
            loss = (model(torch.randn(16, 16)) - 1).square().mean()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            lr = optimizer.param_groups[0]["lr"]
            optimizer.step()
            schedule.step()
            if step % LOGGED_EVERY == 0:
                gradtui.log(step=step, error=loss.item() ** 0.5)
            array("d", (loss.item(), lr)).tofile(out)
            time.sleep(max(began + (step + 1) / rate - time.monotonic(), 0.0))


class Came(NamedTuple):
    """Of one series: points that there were to be, those that are there, and those with another value."""

    expected: int
    found: int
    other: int

    @property
    def whole(self) -> bool:
        return self.expected == self.found and not self.other


def compared(expected: np.ndarray, found: np.ndarray) -> Came:
    """By value, in order, to the accuracy of float32, in which TensorBoard keeps them. Of NaN among the
    expected it is known that there was a value, and not which."""
    if len(expected) != len(found):
        return Came(len(expected), len(found), 0)
    same = np.isclose(expected, found, rtol=1e-6, atol=0) | np.isnan(expected)
    return Came(len(expected), len(found), int((~same).sum()))


def account(where: Path, directory: Path) -> Points:
    """What there was to be sent, by TensorBoard's tags."""
    import gradtui

    told = np.fromfile(where, np.float64).reshape(-1, 2)
    run = gradtui.open_run(directory)
    scalars = run.scalars
    measured = scalars[np.searchsorted(scalars["step"], run.measured_steps)]
    out = {
        "loss": told[:, 0],
        "lr": told[:, 1],
        "grad/total_norm": measured["total_norm"],
        "grad/clipped_norm": measured["clipped_norm"][~np.isnan(measured["clipped_norm"])],
        "metrics/error": np.sqrt(told[::LOGGED_EVERY, 0]),
    }
    names = [row.name for row in run.layout.rows]
    rows = [
        [i for i, tensor in enumerate(run.layout.tensors) if tensor.row == row]
        for row in range(len(names))
    ]
    norms = np.asarray(run.grad_norm.array, np.float64)
    coefficient = scalars["clip_coefficient"][np.searchsorted(scalars["step"], run.kept_steps)]
    taken = scalars["stage"][np.searchsorted(scalars["step"], run.kept_steps)] == 2
    before = norms / np.where(taken, coefficient, 1.0)[:, None]
    for name, chosen in zip(names, rows, strict=True):
        out[f"{name}/grad_norm"] = np.sqrt(np.square(before[:, chosen]).sum(axis=1))
    return out


def in_tensorboard(folder: Path) -> Points:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    (place,) = folder.iterdir()
    found = EventAccumulator(str(place), size_guidance={"scalars": 0})
    found.Reload()
    return {
        tag: np.array([event.value for event in found.Scalars(tag)])
        for tag in found.Tags()["scalars"]
    }


PLAIN = {
    "gradtui_loss": "loss",
    "gradtui_learning_rate": "lr",
    "gradtui_gradient_total_norm": "grad/total_norm",
    "gradtui_gradient_clipped_norm": "grad/clipped_norm",
}


def in_prometheus(server: prometheus.Prometheus) -> Points:
    out = {}
    for name, tag in PLAIN.items():
        for series in server.samples(name):
            out[tag] = np.array([value for _, value in series.samples])
    for label, name, tag in (
        ("gradtui_layer", "gradtui_layer_gradient_norm", "{}/grad_norm"),
        ("gradtui_metric", "gradtui_logged", "metrics/{}"),
    ):
        for series in server.samples(name):
            out[tag.format(series.labels[label])] = np.array([v for _, v in series.samples])
    return out


def table(expected: Points, sides: Mapping[str, Points]) -> tuple[list[str], bool]:
    """A line for each series, and whether all are whole."""
    lines, whole = [], True
    for tag, values in expected.items():
        cells = []
        for side, points in sides.items():
            came = compared(values, points.get(tag, np.empty(0)))
            whole = whole and came.whole
            differ = f", {came.other:,} differ" if came.other else ""
            cells.append(f"{side} {came.found:,}{differ}")
        lines.append(f"{tag:24s} {len(values):7,} points: {'; '.join(cells)}")
    return lines, whole


@contextmanager
def receiving(folder: Path) -> Iterator[tuple[prometheus.Prometheus, str]]:
    """A Prometheus, and the address that it is sent values by: its own, or a collector's."""
    found, between = prometheus.found(), collector.vmagent()
    if isinstance(found, str):
        raise SystemExit(found)
    with prometheus.running(found, folder / "prometheus") as server:
        if server.otlp:
            yield server, server.otlp
        elif between is None:
            raise SystemExit(f"{prometheus.UNBUILT}, and {collector.NONE['vmagent']}")
        else:
            with collector.handing_on(between, folder / "collector", server.remote_write) as place:
                yield server, place


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--steps", type=int, default=60_000)
    parser.add_argument("--rate", type=float, default=100.0, help="steps a second")
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.work:
        work(args.work, args.steps, args.rate, args.layers)
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with receiving(folder) as (server, place):
            shape = [f"--{n}={getattr(args, n)}" for n in ("steps", "rate", "layers")]
            program = [sys.executable, "-m", __spec__.name, "--work", str(folder / "told"), *shape]
            to = [f"--to=otlp={place}", f"--to=tensorboard={folder / 'logs'}"]
            flags = ["--headless", "--runs", str(folder / "runs"), *to]
            began = time.monotonic()
            done = subprocess.run(
                [sys.executable, "-m", "gradtui", "run", *flags, *program],
                stderr=subprocess.PIPE,
                text=True,
                check=False,
            )
            print(f"{args.steps:,} steps in {time.monotonic() - began:.0f} s")
            said = [line for line in done.stderr.splitlines() if "points" in line or "--to" in line]
            print(*(re.sub(r"^gradtui: ", "  ", line) for line in said), sep="\n")
            time.sleep(SETTLING)
            (directory,) = (folder / "runs").iterdir()
            sides = {
                "Prometheus": in_prometheus(server),
                "TensorBoard": in_tensorboard(folder / "logs"),
            }
            lines, whole = table(account(folder / "told", directory), sides)
            log = (directory / "forward.log").read_text()
    print(*lines, sep="\n")
    print(json.dumps({"whole": whole}), log if not whole else "")
    return 0 if whole else 1


if __name__ == "__main__":
    sys.exit(main())
