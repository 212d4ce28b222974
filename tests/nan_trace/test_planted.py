"""Planted faults are named: phase, module, and what else there is to say."""

import warnings

import pytest
import torch

from gradtui.core.autopsy import Autopsy
from gradtui.nan_trace.call_recorder import CallRecorder
from gradtui.nan_trace.examination import examine
from tests.nan_trace.planted import PLANTED, Fault


def autopsy_of(fault: Fault) -> Autopsy:
    torch.manual_seed(1)
    model = fault.make()
    call_recorder = CallRecorder()
    call_recorder.watch([("", model)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        loss = fault.loss(model(fault.batch()))
        loss.backward()
    grads = [p.grad for p in model.parameters() if p.grad is not None]
    assert not all(torch.isfinite(one).all() for one in (loss, *grads)), "healthy"
    found = examine(call_recorder.calls(), fault.step, float(loss.detach()))
    call_recorder.close()
    return found


@pytest.mark.parametrize("fault", PLANTED, ids=lambda fault: fault.name)
def test_a_planted_fault_is_named(fault: Fault) -> None:
    found = autopsy_of(fault)
    assert (found.phase, found.module) == (fault.phase, fault.module), found.words
    assert found.reproduced
    assert found.call == fault.call
    assert fault.tensor in found.tensor
    assert fault.words in found.words
    assert found.float32_would_hold is fault.float32, found.words
    assert found.step == (fault.step - 1 if fault.phase == "weights" else fault.step)
    assert 0 < len(found.around) <= 20
    if found.module and found.phase != "weights":
        assert found.around[found.at].path == found.module


def test_there_are_plenty() -> None:
    assert len({fault.name for fault in PLANTED}) == len(PLANTED) >= 100
