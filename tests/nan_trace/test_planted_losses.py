"""Faults in loss functions are named: phase, operation, and how many values it was."""

import json
import sys
import warnings
from pathlib import Path

import pytest
import torch
from torch import nn

from gradtui.cli import main
from gradtui.core.autopsy import Autopsy
from gradtui.instrument.watcher import Watcher
from tests.commands.test_run import home
from tests.instrument.kept import Kept
from tests.nan_trace import planted_branches
from tests.nan_trace.planted_losses import (
    BACKWARD,
    CLASSES,
    DATA,
    FORWARD,
    HARMLESS,
    UNKNOWN,
    Fault,
    Loss,
)

__all__ = ["home"]


def autopsy_of(loss: Loss) -> Autopsy:
    torch.manual_seed(1)
    kept = Kept()
    watcher = Watcher(kept, log=kept.log.append)
    model = nn.Sequential(nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, CLASSES))
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for step in range(3):
            out, wanted = model(torch.randn(6, 8)), torch.rand(6, CLASSES)
            value = loss(out, wanted) if step == 2 else out.square().mean()
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
    watcher.close()
    assert kept.log == []
    found = [s.nonfinite.autopsy for s in kept.snapshots if s.nonfinite and s.nonfinite.autopsy]
    assert found, "healthy"
    return found[0]


@pytest.mark.parametrize(
    "fault", [*FORWARD, *planted_branches.FORWARD, *DATA, *UNKNOWN], ids=lambda fault: fault.name
)
def test_forward(fault: Fault) -> None:
    found = autopsy_of(fault.loss)
    assert (found.phase, found.operation) == (fault.phase, fault.operation), found.words
    assert (found.module, found.step, found.reproduced) == ("", 2, True)
    assert fault.words in found.words


@pytest.mark.parametrize(
    "fault", [*BACKWARD, *planted_branches.BACKWARD], ids=lambda fault: fault.name
)
def test_backward(fault: Fault) -> None:
    found = autopsy_of(fault.loss)
    assert (found.phase, found.operation) == ("backward", fault.operation), found.words
    assert fault.words in found.words


@pytest.mark.parametrize("fault", HARMLESS, ids=lambda fault: fault.name)
def test_infinities_that_do_no_harm(fault: Fault) -> None:
    found = autopsy_of(fault.loss)
    assert (found.phase, found.operation) == (fault.phase, fault.operation), found.words


def trained(loss: Loss, *, watched: bool) -> list[bytes]:
    torch.manual_seed(3)
    watcher = Watcher(Kept()) if watched else None
    model = nn.Sequential(nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, CLASSES))
    optimizer = torch.optim.AdamW(model.parameters(), 0.1)
    values = []
    for step in range(4):
        out, wanted = model(torch.randn(6, 8)), torch.rand(6, CLASSES)
        safe = (out.square() + 1).sqrt().log().mean()  # kept at each step
        value = loss(out, wanted) if step == 3 else safe
        optimizer.zero_grad()
        value.backward()
        values.append(value.detach().clone())
        optimizer.step()
    if watcher is not None:
        watcher.close()
    tensors = [*model.state_dict().values(), *values, torch.get_rng_state()]
    return [t.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes() for t in tensors]


@pytest.mark.parametrize("fault", [FORWARD[0], DATA[1], BACKWARD[3]], ids=lambda fault: fault.name)
def test_nothing_changes(fault: Fault) -> None:
    assert trained(fault.loss, watched=True) == trained(fault.loss, watched=False)


PROGRAM = """
import torch
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(8, 16), nn.Tanh(), nn.Linear(16, 4))
optimizer = torch.optim.SGD(model.parameters(), 0.01)
for step in range(40):
    out, wanted, now = model(torch.randn(16, 8)), torch.rand(16, 4), step == 30
    loss = LOSS
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("loss", "phase", "operation", "line"),
    [
        (
            "-((out * 9e4**now).softmax(1).log() * wanted).mean()",
            "forward",
            "log",
            "log_softmax(dim)",
        ),
        pytest.param(
            "(out - wanted * 0 - out * now).square().sum(1).sqrt().mean()",
            "backward",
            "sqrt",
            "def safe_sqrt",
            marks=pytest.mark.long,
        ),
    ],
)
def test_what_a_program_is_told(
    home: Path,
    capfd: pytest.CaptureFixture[str],
    loss: str,
    phase: str,
    operation: str,
    line: str,
) -> None:
    script = home / "prog.py"
    script.write_text(PROGRAM.replace("LOSS", loss))
    assert main(["check", "--json", "--overhead", "100", "--", sys.executable, str(script)]) != 0
    told = json.loads(capfd.readouterr().out)
    found = told["first_nonfinite"]["autopsy"]
    assert (found["phase"], found["operation"], found["step"]) == (phase, operation, 30)
    assert found["words"].startswith("loss function: ")
    made = [one for finding in told["findings"] for one in finding["prescriptions"]]
    assert any(line in part["code"] for one in made for part in one["parts"] if one["changes"])


def test_code_between_two_models() -> None:
    torch.manual_seed(1)
    kept = Kept()
    watcher = Watcher(kept, log=kept.log.append)
    one, two = nn.Linear(8, 8), nn.Linear(8, CLASSES)
    optimizer = torch.optim.SGD([*one.parameters(), *two.parameters()], 0.1)
    two((one(torch.randn(6, 8)) * 0).log()).sum().backward()
    optimizer.step()
    watcher.close()
    seen = kept.snapshots[0].nonfinite
    assert seen is not None
    assert seen.autopsy is not None
    assert (seen.autopsy.phase, seen.autopsy.module, seen.autopsy.operation) == (
        "forward",
        "",
        "log",
    )
    assert "outside of every module" in seen.autopsy.words
    assert "log of 48 zeros among 48 values" in seen.autopsy.words
