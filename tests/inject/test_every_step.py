"""Programs under their budget as people run them: each step that they print is in the record."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from gradtui.inject import environment
from gradtui.runstore.format.records import measured
from gradtui.runstore.reader.open_run import OpenRun, open_run

PROGRAM = textwrap.dedent(
    """
    import json, os, subprocess, sys
    import torch
    from torch import nn
    from gradtui.instrument import budget

    budget.ALLOWANCE = float(os.environ["ALLOWED"])
    torch.manual_seed(0)
    torch.set_num_threads(1)
    end, steps = sys.argv[1], int(sys.argv[2])
    net = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 1))
    optimizer = torch.optim.Adam(net.parameters(), 1e-3)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.999)
    x, y = torch.randn(32, 8), torch.randn(32, 1)
    printed = []
    until_alone = "import os; parent = os.getppid()\\nwhile os.getppid() == parent: pass"
    spinning = [sys.executable, "-I", "-S", "-c", until_alone]
    others = [subprocess.Popen(spinning) for _ in range(int(os.environ["OTHERS"]))]
    for step in range(steps):
        optimizer.zero_grad()
        loss = (net(x) - y).square().mean()
        loss.backward()
        printed.append([step, loss.item(), optimizer.param_groups[0]["lr"]])
        optimizer.step()
        schedule.step()
    for other in others:
        other.kill()
        other.wait()
    norms = {name: p.grad.double().norm().item() for name, p in net.named_parameters()}
    with open(os.environ["TRUTH"], "w") as file:
        json.dump({"printed": printed, "norms": norms}, file)
    if end == "raises":
        raise ValueError("as asked for")
    if end == "interrupted":
        raise KeyboardInterrupt
    if end == "exits":
        sys.exit(3)
    """
)


def run(
    folder: Path, end: str, steps: int, allowed: float, others: int = 0
) -> tuple[OpenRun, dict[str, object]]:
    """`others`: programs that want all of the machine while this one trains."""
    folder.mkdir()
    (folder / "program.py").write_text(PROGRAM)
    (folder / "run").mkdir()
    variables = environment(folder / "run", overhead=0.03 if allowed else 0.002)
    variables |= {"TRUTH": str(folder / "truth"), "ALLOWED": str(allowed), "OTHERS": str(others)}
    subprocess.run(
        [sys.executable, str(folder / "program.py"), end, str(steps)],
        env=variables | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        check=False,
        timeout=120,
    )
    truth: dict[str, object] = json.loads((folder / "truth").read_text())
    return open_run(folder / "run"), truth


@pytest.mark.slow
@pytest.mark.parametrize(
    "end",
    [
        "finishes",
        *(pytest.param(end, marks=pytest.mark.long) for end in ("raises", "interrupted", "exits")),
    ],
)
def test_the_record_is_what_the_program_prints_and_its_last_step_is_in_full(
    end: str, tmp_path: Path
) -> None:
    steps = 1000
    seen, truth = run(tmp_path / "it", end, steps, allowed=0.0)
    assert [
        list(one) for one in zip(seen.steps.tolist(), seen.loss, seen.lr, strict=True)
    ] == truth["printed"]
    assert (np.diff(seen.time) >= 0).all()
    full = measured(seen.scalars)
    assert 0 < full.sum() < steps, "none was let through: nothing was tried"
    assert len(seen.measured_steps) == full.sum()
    assert set(seen.kept_steps) <= set(seen.measured_steps)
    assert seen.kept_steps[-1] == seen.weight_steps[-1] == steps - 1
    norms = {name: float(series[-1]) for name, series in seen.grad_norm.items()}
    assert norms == pytest.approx(truth["norms"])


@pytest.mark.long
@pytest.mark.slow
def test_what_others_do_on_the_machine_takes_no_step_away(tmp_path: Path) -> None:
    steps = 100  # with room for what a busy cache costs, and beyond the clock of the wall
    seen, _ = run(tmp_path / "busy", "finishes", steps, allowed=0.5, others=4)
    assert seen.kept_steps.tolist() == list(range(steps))
