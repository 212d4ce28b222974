"""Offline runs as W&B writes them, where it is installed; the arithmetic of buckets in any case."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gradtui.runstore.logs.formats import format_of
from gradtui.runstore.logs.wandb_run import norm_of
from tests.runstore.logs.made import judged, read, series, tabled

PROGRAM = """
import json, math, sys
import torch, wandb
from torch import nn
run = wandb.init(project="p", mode="offline", settings=wandb.Settings(silent=True, console="off"))
torch.manual_seed(0)
net = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 2))
run.watch(net, log="gradients", log_freq=1)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
norms = []
for step in range(30):
    x = torch.randn(16, 4)
    loss = nn.functional.cross_entropy(net(x), (x[:, 0] > 0).long())
    optimizer.zero_grad()
    loss.backward()
    norms.append(float(net[0].weight.grad.norm()))
    optimizer.step()
    odd = {25: math.nan, 26: math.inf, 27: -math.inf}
    run.log({"train/loss": odd.get(step, loss.item()), "lr": 0.1, "train/global_step": 10 * step})
run.finish()
print(json.dumps(norms))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[float]]:
    pytest.importorskip("wandb")
    import json

    place = tmp_path_factory.mktemp("wandb")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=place, capture_output=True, text=True, check=True
    )
    return place / "wandb", json.loads(done.stdout.splitlines()[-1])


def test_what_it_holds(folder: tuple[Path, list[float]]) -> None:
    place, norms = folder
    form = format_of(place)
    assert form is not None
    assert form.name == "W&B offline run"
    log = read(place)
    values = series(log, "train/loss").values
    assert np.isnan(values[25])
    assert values[26:28].tolist() == [np.inf, -np.inf]
    table = tabled(place)
    assert table.steps.tolist() == [10 * i for i in range(30)]
    assert np.isfinite(table.time).all()
    column = table.layers["0.weight"]
    assert column.series.numel == 32
    told = dict(zip(table.steps[column.rows].tolist(), column.series.values, strict=True))
    for step, norm in told.items():
        assert norm == pytest.approx(norms[step // 10], rel=0.05)
    assert len(told) > 20
    facts, diagnosis = judged(place)
    assert diagnosis.verdict == "nonfinite"
    assert diagnosis.findings[0].first_step == 250
    assert any("64 buckets" in note for note in diagnosis.notes)
    assert facts.info.logged is not None
    assert facts.info.logged.every == 10


def test_a_file_that_breaks_off_is_read_up_to_there(
    folder: tuple[Path, list[float]], tmp_path: Path
) -> None:
    (whole,) = folder[0].glob("offline-run-*/*.wandb")
    data = whole.read_bytes()
    cut = tmp_path / "run-x.wandb"
    cut.write_bytes(data[: len(data) // 2])
    log = read(cut)
    assert 0 < len(series(log, "train/loss")) < 30
    assert any("has no end" in clause for clause in log.limits)
    cut.write_bytes(b":W&B")
    assert read(cut).series == ()


MERGED = """
import wandb
run = wandb.init(project="p", mode="offline", settings=wandb.Settings(silent=True, console="off"))
for name, value, step in (
    ("loss", 1.0, 0), ("loss", 2.0, 1), ("loss", 3.0, None), ("grad_norm", 4.0, None), ("loss", 5.0, 9)
):
    run.log({name: value}, step=step)
run.finish()
"""


def test_calls_that_were_merged_are_one_and_that_is_said(tmp_path: Path) -> None:
    """A call without a step goes into the one that a call with a step has left open."""
    pytest.importorskip("wandb")
    subprocess.run([sys.executable, "-c", MERGED], cwd=tmp_path, capture_output=True, check=True)
    log = read(tmp_path / "wandb")
    points = {one.name: len(one) for one in log.series}
    assert points["loss"] < 4
    assert series(log, "loss").steps.max() == 9
    assert any("one call of wandb.log" in clause for clause in log.limits)


KILLED = """
import os, signal, wandb
run = wandb.init(project="p", mode="offline", settings=wandb.Settings(silent=True, console="off"))
for step in range(10):
    run.log({"loss": 1.0 / (step + 1)})
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_of_a_run_that_was_killed_the_end_may_be_missing(tmp_path: Path) -> None:
    pytest.importorskip("wandb")
    done = subprocess.run([sys.executable, "-c", KILLED], cwd=tmp_path, capture_output=True)
    assert done.returncode == -9
    log = read(tmp_path / "wandb")
    assert sum(len(one) for one in log.series if one.name == "loss") <= 10
    assert any("last half minute before a kill" in clause for clause in log.limits)


LOST = """
import math, torch, wandb
from torch import nn
run = wandb.init(project="p", mode="offline", settings=wandb.Settings(silent=True, console="off"))
net = nn.Sequential(nn.Linear(4, 8), nn.Linear(8, 2))
run.watch(net, log="gradients", log_freq=1)
for step in range(30):
    net.zero_grad()
    loss = net(torch.ones(2, 4)).sum() * (math.nan if step > 19 else 1)
    loss.backward()
    run.log({"train/loss": 1.0 / (step + 1), "train/global_step": step})
run.finish()
"""


def test_a_gradient_that_is_all_nan_is_in_no_histogram(tmp_path: Path) -> None:
    pytest.importorskip("wandb")
    subprocess.run([sys.executable, "-c", LOST], cwd=tmp_path, capture_output=True, check=True)
    log = read(tmp_path / "wandb")
    layer = series(log, "gradients/0.weight")
    assert np.isfinite(layer.values).all()
    assert len(series(log, "train/loss")) == 30
    assert len(layer) <= 21
    assert any("NaN has been left out" in clause for clause in log.limits)


def test_norms_of_buckets() -> None:
    values = np.random.default_rng(0).normal(size=2000) * 1e-20
    count, edge = np.histogram(values, 64)
    norm, largest = norm_of(edge, count.astype(np.float64))
    assert norm == pytest.approx(float(np.linalg.norm(values * 1e20)) * 1e-20, rel=0.02)
    assert largest == pytest.approx(float(np.abs(values).max()), rel=0.05)
    assert norm_of(np.array([0.0, 0.0]), np.array([5.0])) == (0.0, 0.0)
