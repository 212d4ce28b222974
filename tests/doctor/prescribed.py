"""Findings, and records of nets that torch can build, for the tests of prescriptions."""

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from gradtui.core.facts import Facts
from gradtui.core.history import History
from gradtui.core.layout import Layout, RowInfo, TensorInfo
from gradtui.core.snapshot import Weight
from gradtui.core.symptom import Severity
from gradtui.doctor import rules
from gradtui.doctor.finding import Finding
from gradtui.doctor.remedies import choices
from gradtui.doctor.remedies.code.prescription import Prescription, parts
from gradtui.doctor.remedy import Remedy
from tests.factories import run_info, snapshot

ADVICE: dict[str, tuple[Remedy, ...]] = {
    name.lower(): value for name, value in vars(choices).items() if isinstance(value, tuple)
}
"""Cause -> its remedies, the most promising first."""
for info in pkgutil.iter_modules(rules.__path__, f"{rules.__name__}."):
    for value in vars(importlib.import_module(info.name)).values():
        if isinstance(value, Remedy):  # which the rule names itself
            ADVICE[value.id] = (value,)
BY_TEXT = {remedy.text: remedy for remedies in ADVICE.values() for remedy in remedies}


def finding(*remedies: Remedy, symptom: str = "vanishing_gradient", **changes: Any) -> Finding:
    made = Finding(symptom, Severity.CRITICAL, 0, "evidence", "cause", remedies)
    return replace(made, **changes)


def facts_of(net: nn.Module, steps: int = 5, activation: str = "", **info: Any) -> Facts:
    """A record as the watcher would make it, as to names, kinds and shapes; `activation` after each
    layer but the last."""
    rows: list[RowInfo] = []
    tensors: list[TensorInfo] = []
    for name, module in net.named_modules():
        own = list(module.named_parameters(recurse=False))
        if not own:
            continue
        wide = next((p for _, p in own if p.dim() > 1), None)
        fans = (0, 0) if wide is None else (wide[0].numel(), wide.shape[0] * wide[0, 0].numel())
        for leaf, p in own:
            role = "bias" if "bias" in leaf else "weight" if p.dim() > 1 else "gain"
            tensors.append(TensorInfo(f"{name}.{leaf}", tuple(p.shape), len(rows), role))
        rows.append(RowInfo(name, type(module).__name__, activation, *fans))
    rows[-1] = replace(rows[-1], activation="")
    layout = Layout(tuple(tensors), tuple(rows))
    told = run_info(**{"optimizer": "SGD", "task": "", "classes": 0, **info})
    history = History(layout, told)
    for step in range(steps):
        history.append(snapshot(layout, step, np.full(len(rows), 0.5), loss=2.0))
    facts = history.facts()
    weights = facts.weights.copy()
    weights[..., Weight.ABS_MAX] = np.linspace(0.5, 1, len(tensors))  # nothing is clipped
    return replace(facts, lr=np.full(steps, 0.1), weights=weights)


def apply(
    prescription: Prescription,
    script: dict[str, Any],
    places: Iterable[str] = (),
    edit: Callable[[str], str] = lambda code: code,
) -> None:
    """Run its lines in this script, in the order of a script; at `places` alone where given."""
    for place, code in parts(prescription):
        if not places or place in places:
            exec(compile(edit(code), "<prescription>", "exec"), script)


def script_of(net: nn.Module, inputs: Tensor, targets: Tensor, **more: Any) -> dict[str, Any]:
    """What a training script has by the time that backward has been called."""
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    answers = net(inputs)
    loss = nn.functional.cross_entropy(answers, targets)
    loss.backward(retain_graph=True)
    script = {"torch": torch, "model": net, "optimizer": optimizer, "loss": loss}
    return script | {"inputs": inputs, "targets": targets} | more
