"""What a data set says of itself, against what it draws."""

import pytest
import torch

from gradtui.lab.data.batches import build_task
from gradtui.lab.data.registry import DATA
from gradtui.lab.scenario.schema import Data

KEYS = Data(length=9, features=7, outputs=3, examples=40, target_scale=2.0)


@pytest.mark.parametrize("name", DATA)
def test_it_is_what_scenarios_are_checked_against(name: str) -> None:
    told, task = DATA[name], build_task(name, KEYS, 5)
    assert len(task.inputs) == len(task.targets) == (told.examples or KEYS.examples)
    steps = KEYS.length if told.steps < 0 else told.steps
    if told.form in ("sequence", "eight steps"):
        assert task.inputs.shape[1] == steps
        assert told.numbers_a_step in (0, task.inputs.shape[2])
    else:
        assert not steps
        assert task.inputs.dim() == 2
    if not told.examples and not steps:
        one = KEYS.features + KEYS.outputs if told.numbers < 0 else told.numbers
        assert task.inputs[0].numel() + task.targets[0].numel() == one
    if task.kind == "classification":
        assert set(task.targets.tolist()) <= set(range(task.classes))
        assert task.outputs == task.classes


@pytest.mark.parametrize("name", DATA)
def test_it_comes_from_the_seed_alone(name: str) -> None:
    torch.manual_seed(1)
    first = build_task(name, KEYS, 5)
    torch.manual_seed(2)
    again, other = build_task(name, KEYS, 5), build_task(name, KEYS, 6)
    assert torch.equal(first.inputs, again.inputs)
    assert torch.equal(first.targets, again.targets)
    assert torch.equal(first.inputs, other.inputs) == bool(DATA[name].examples)
