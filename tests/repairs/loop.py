"""Train a case, with or without a prescription's lines at their place."""

import warnings
from typing import Any

import torch
from torch import nn

from gradtui.core.facts import Facts
from gradtui.doctor.remedies.code.prescription import (
    AFTER,
    DATA,
    LOSS,
    MODEL,
    OPERATION,
    OPTIMIZER,
    STEP,
    Prescription,
    parts,
)
from gradtui.instrument.watcher import Watcher
from tests.repairs.case import PLACED, Case
from tests.verdicts.watched import UNBOUNDED, Keeper


def train(case: Case, seed: int, prescription: Prescription | None = None) -> Facts:
    """The record of a run. Nothing of the program changes but what the lines do."""
    keeper = Keeper()
    watcher = Watcher(keeper, log=keeper.log.append, overhead=UNBOUNDED)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a scaler without CUDA
            _program(case, seed, prescription)
    finally:
        watcher.close()
    assert keeper.log == [], keeper.log
    assert keeper.history is not None
    return keeper.history.facts()


def _program(case: Case, seed: int, prescription: Prescription | None) -> None:
    torch.manual_seed(seed)
    script: dict[str, Any] = {"torch": torch}

    def at(place: str) -> None:
        for where, code in parts(prescription) if prescription is not None else ():
            if where == place:
                exec(code, script)

    # Lines that say "in place of the clipping that is there" are put there by whoever reads them.
    reclipped = prescription is not None and any(
        "clip_grad" in code for _, code in parts(prescription)
    )
    script["inputs"], script["targets"] = case.data()
    at(DATA)
    x, y = script["inputs"], script["targets"]
    model = script["model"] = case.model()
    if case.half == "weights":
        model.half()
        x = x.half()
    at(MODEL)
    optimizer = script["optimizer"] = case.optimizer(model.parameters())
    scaler = script["scaler"] = torch.amp.GradScaler("cpu", enabled=case.half == "scaler")
    script["inputs"], script["targets"] = x[: case.batch], y[: case.batch]
    at(OPTIMIZER)
    PLACED.clear()
    before = set(script)
    at(OPERATION)
    PLACED.update({word: thing for word, thing in script.items() if word not in before})
    order = torch.Generator().manual_seed(seed)  # the same batches, whatever the lines have drawn
    for _ in range(case.steps):
        index = torch.randint(0, len(x), (case.batch,), generator=order)
        script["inputs"], script["targets"] = x[index], y[index]
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.float16, enabled=case.half in ("autocast", "scaler")):
            script["loss"] = case.loss(model, x[index], y[index])
        at(LOSS)
        scaler.scale(script["loss"]).backward()
        at(STEP)
        if case.clip and not reclipped:
            nn.utils.clip_grad_norm_(model.parameters(), case.clip)
        scaler.step(optimizer)
        scaler.update()
        case.after(model)
        at(AFTER)
