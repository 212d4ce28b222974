"""Runs a program with us and without, and compares what was recorded with what it says itself."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gradtui.core.snapshot import Grad
from gradtui.inject import environment
from gradtui.runstore.format.records import STEP, detail_dtype
from gradtui.runstore.ranks.rank_files import RankFiles, labels
from tests.inject.bare import BareProgram

PROGRAMS = Path(__file__).parents[1] / "programs"


@dataclass(frozen=True)
class Seen:
    """One record of one process: scalars, and a norm a name."""

    scalars: Any
    norms: dict[str, float]
    """NaN where there was no gradient or the optimizer has no such tensor."""


def start(folder: Path, *words: str, watch: bool = True, **extra: str) -> subprocess.Popen[str]:
    """A command with its truth in `folder` and, watched, its run directory beside that."""
    folder.mkdir(parents=True, exist_ok=True)
    variables = _variables(folder) | extra
    if watch:
        (folder / "run").mkdir()
        # As dear as it may be on a machine that others use: all steps are compared.
        ours = environment(folder / "run", overhead=1000.0, base=variables)
        variables |= ours | extra | {"PYTHONPATH": ours["PYTHONPATH"]}
    return subprocess.Popen(
        [sys.executable, *words],
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def start_bare(folder: Path, *words: str) -> BareProgram:
    """A script without us, of which what it prints and tells is asked, and no more: it is begun in a
    fork of a process, in place of by a command."""
    folder.mkdir(parents=True, exist_ok=True)
    return BareProgram(words, _variables(folder), folder)


def _variables(folder: Path) -> dict[str, str]:
    return os.environ | {"OMP_NUM_THREADS": "1", "TRUTH": str(folder / "truth")}


def finish(
    process: subprocess.Popen[str] | BareProgram, code: int = 0, *, patience: float = 120
) -> tuple[str, str]:
    """What it has printed. `patience`: seconds that it gets."""
    out, said = process.communicate(timeout=patience)
    assert process.returncode == code, said[-3000:]
    return out, said


def complaints(place: Path) -> str:
    log = place / "watch.log"
    return log.read_text() if log.exists() else ""


def program(name: str) -> str:
    return str(PROGRAMS / f"{name}.py")


def recorded(place: Path, label: str = "0") -> list[Seen]:
    """All records of one process that have their tensors, evaluations of a closure included."""
    rank = RankFiles(place, label)
    scalars = np.fromfile(rank.steps_path, STEP)
    out = {}
    for number, generation in enumerate(rank.header.generations):
        path = place / f"tensors-{label}-{number}.bin"
        if not path.exists():
            continue
        for row in np.fromfile(path, detail_dtype("tensors", generation.layout)):
            names = [t.name for t in generation.layout.tensors]
            norms = dict(zip(names, row["values"][:, Grad.NORM].tolist(), strict=True))
            out[int(row["record"])] = Seen(scalars[row["record"]], norms)
    return [out[i] for i in sorted(out)]


def told(folder: Path, rank: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / f"truth.{rank}").read_text())
    return found


def processes(place: Path) -> list[str]:
    return sorted(labels(place))


def compare(records: list[Seen], lines: list[dict[str, Any]], rtol: float = 1e-4) -> None:
    """Every step is there, with every name, norm and loss."""
    assert len(records) == len(lines)
    _compare(records, lines, rtol)


def compare_replica(place: Path, label: str, lines: list[dict[str, Any]]) -> None:
    """Of a rank whose gradients are those of the first: every loss, and some steps in full."""
    rank = RankFiles(place, label)
    assert rank.header.generations[-1].info.synchronised
    losses = np.fromfile(rank.steps_path, STEP)["loss"]
    np.testing.assert_allclose(losses, [line["loss"] for line in lines], rtol=1e-6)
    records = recorded(place, label)
    steps = [int(seen.scalars["step"]) for seen in records]
    assert steps[0] == 0
    assert steps[-1] == len(lines) - 1
    assert len(steps) < len(lines)
    _compare(records, [lines[step] for step in steps], 1e-4)


def _compare(records: list[Seen], lines: list[dict[str, Any]], rtol: float) -> None:
    for seen, line in zip(records, lines, strict=True):
        present = {name for name, norm in seen.norms.items() if not np.isnan(norm)}
        finite = {n: v for n, v in line["norms"].items() if v is not None and v == v}
        lost = {n for n, v in line["norms"].items() if v is not None and v != v}
        assert present - lost == set(finite), sorted(present ^ set(finite))
        for name, norm in finite.items():
            np.testing.assert_allclose(seen.norms[name], norm, rtol=rtol, atol=1e-30, err_msg=name)
        np.testing.assert_allclose(seen.scalars["loss"], line["loss"], rtol=1e-6)
