"""Frameworks that own the training loop, watched from outside and not changed in a bit."""

import json
from pathlib import Path

import pytest

from tests.inject.watched import (
    compare,
    complaints,
    finish,
    processes,
    program,
    recorded,
    start,
    start_bare,
    told,
)

ACCELERATE = ["-m", "accelerate.commands.launch", "--cpu", "--num_processes", "1"]
ACCELERATE += ["--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no"]


@pytest.mark.long
@pytest.mark.parametrize(
    ("launcher", "name"), [([], "lightning_loop"), (ACCELERATE, "hf_trainer")], ids=["L", "HF"]
)
def test_recorded_as_it_was(tmp_path: Path, launcher: list[str], name: str) -> None:
    with_us = start(tmp_path / "with", *launcher, program(name))
    without = start_bare(tmp_path / "without", program(name))
    assert finish(with_us)[0] == finish(without)[0]
    truth = told(tmp_path / "with")
    assert truth == told(tmp_path / "without")  # losses, weights, random state
    place = tmp_path / "with" / "run"
    assert complaints(place) == ""
    assert processes(place) == ["0"]
    steps = recorded(place)
    compare(steps, truth["lines"])
    header = json.loads((place / "run.json").read_text())
    assert header["generations"][-1]["info"]["steps"] == len(steps)  # as its loop has it
