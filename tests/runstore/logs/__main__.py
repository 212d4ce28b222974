"""Logs as their own libraries write them, against what the program that wrote them had printed.

    python -m tests.runstore.logs
    python -m tests.runstore.logs --only tensorboard wandb

Prints a table in Markdown: how many points were compared, and the largest difference, relative to what was
printed. Fails where a point is missing, one too many, or not finite where the program's was (or another way
round), or differs by more than the format's own precision. What is not installed is named and left out.
"""

import argparse
import json
import math
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from gradtui.runstore.logs.conversion import convert
from gradtui.runstore.logs.formats import format_of
from gradtui.runstore.reader.open_run import OpenRun, open_run
from tests.runstore.logs import writers

SINGLE = 1e-7
"""Half a unit in the last place of float32."""
BUCKETS = 0.05


@dataclass(frozen=True, slots=True)
class Bound:
    """What a format can be off by, relative to a value."""

    title: str
    package: str
    loss: float = 0.0
    norm: float = 0.0
    layers: float = 0.0
    rounded: float = 0.0
    """Absolute, of a loss: its writer rounds it."""
    needs: str = ""


FORMATS: dict[str, Bound] = {
    "tensorboard": Bound("TensorBoard event files", "tensorboard", SINGLE, SINGLE, 3 * SINGLE),
    "wandb": Bound("W&B offline run", "wandb", layers=BUCKETS),
    "trainer": Bound("`trainer_state.json`", "transformers", norm=3 * SINGLE, rounded=5.1e-5),
    "lightning": Bound("Lightning's `metrics.csv`", "lightning", SINGLE, SINGLE, SINGLE),
    "mlflow": Bound("MLflow, folders", "mlflow"),
    "sqlite": Bound("MLflow, `mlflow.db`", "mlflow", needs="alembic"),
}
Line = tuple[int, Mapping[str, str], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Compared:
    """One kind of number: points, those not finite among them, the largest differences."""

    points: int = 0
    odd: int = 0
    relative: float = 0.0
    absolute: float = 0.0
    wrong: str = ""

    @property
    def words(self) -> str:
        if not self.points:
            return "not logged"
        odd = f", {self.odd} not finite" if self.odd else ""
        return f"{self.relative:.1g} ({self.points:,} points{odd})"


def compared(told: Mapping[int, float], found: Mapping[int, float]) -> Compared:
    """{step: value} as the program had it, and as it was read."""
    if told.keys() != found.keys():
        return Compared(len(found), wrong=f"{len(told)} steps, of which {len(found)} were read")
    one = np.array([told[step] for step in sorted(told)])
    other = np.array([found[step] for step in sorted(told)])
    finite = np.isfinite(one)
    if not np.array_equal(one[~finite], other[~finite], equal_nan=True):
        return Compared(len(one), wrong="another value that is not finite")
    off = np.abs(other[finite] - one[finite])
    share = off / np.maximum(np.abs(one[finite]), 1e-300)
    return Compared(
        len(one),
        int((~finite).sum()),
        float(share.max(initial=0.0)),
        float(off.max(initial=0.0)),
    )


def written(name: str, folder: Path) -> list[Line]:
    """What the program has printed, step by step."""
    folder.mkdir()
    done = subprocess.run(
        [sys.executable, "-W", "ignore", writers.__file__, name, str(folder)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{name}: {done.stderr.strip()[-500:]}")
    parts = (line.partition(writers.MARK) for line in done.stdout.splitlines())
    return [json.loads(rest) for before, mark, rest in parts if mark and not before]


def imported(folder: Path, run: Path) -> OpenRun:
    """The run directory that is made of a log."""
    form = format_of(folder)
    assert form is not None
    run.mkdir()
    convert(folder, form, run)
    return open_run(run)


def held(name: str, folder: Path) -> dict[str, Compared]:
    """Losses, norms and layers of one format."""
    lines = written(name, folder / "log")
    run = imported(folder / "log", folder / "run")
    steps = run.scalars["step"].tolist()
    out = {}
    for what, field in (("loss", "loss"), ("norm", "total_norm")):
        told = {step: float(words[what]) for step, words, _ in lines}
        out[what] = compared(told, dict(zip(steps, run.scalars[field].tolist(), strict=True)))
    layers = lines[0][2]
    parts = []
    for layer in layers:
        norms = dict(zip(run.kept_steps.tolist(), run.grad_norm[_named(run, layer)], strict=True))
        known = {step: norm for step, norm in norms.items() if not math.isnan(norm)}
        told = {step: float(words[layer]) for step, _, words in lines if step in known}
        parts.append(compared(told, known))
    out["layers"] = Compared(
        sum(part.points for part in parts),
        0,
        max((part.relative for part in parts), default=0.0),
        wrong=next((part.wrong for part in parts if part.wrong), ""),
    )
    return out


def _named(run: OpenRun, layer: str) -> str:
    return next(name for name in run.tensors if name in (layer, f"net.{layer}"))


def troubles(bound: Bound, found: Mapping[str, Compared], steps: int) -> list[str]:
    """Why a format does not give what the program had."""
    limits = {"loss": bound.loss, "norm": bound.norm, "layers": bound.layers}
    out = [f"{what}: {one.wrong}" for what, one in found.items() if one.wrong]
    for what, one in found.items():
        rounded = what == "loss" and one.absolute <= bound.rounded
        if one.relative > limits[what] and not rounded:
            out.append(f"{what}: differs by {one.relative:.2g}")
    out += [
        f"{what}: {found[what].points} of {steps} steps"
        for what in ("loss", "norm")
        if found[what].points != steps
    ]
    return out


def missing(bound: Bound) -> str:
    for package in (bound.package, bound.needs):
        try:
            if package:
                version(package)
        except PackageNotFoundError:
            return f"{package} is not installed"
    return ""


def main(words: Sequence[str]) -> int:
    about = argparse.ArgumentParser(prog="python -m tests.runstore.logs", description=__doc__)
    about.add_argument("--only", nargs="+", choices=FORMATS, default=list(FORMATS))
    args = about.parse_args(words)
    print("| format | version | loss | norm of all | norms of layers |\n|---|---|---|---|---|")
    good = True
    for name in args.only:
        bound = FORMATS[name]
        if why := missing(bound):
            print(f"{bound.title}: {why}", file=sys.stderr)
            continue
        with tempfile.TemporaryDirectory() as folder:
            found = held(name, Path(folder))
        cells = [bound.title, f"{bound.package} {version(bound.package)}"]
        cells += [one.words for one in found.values()]
        print("| " + " | ".join(cells) + " |", flush=True)
        for trouble in troubles(bound, found, writers.STEPS):
            print(f"{bound.title}: {trouble}", file=sys.stderr, flush=True)
            good = False
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
