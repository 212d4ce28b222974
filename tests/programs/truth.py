"""What a program writes about itself, computed apart from everything that watches it."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

LINES: list[dict[str, object]] = []


def norm(grad: Tensor | None) -> float | None:
    """L2 norm in float64 of what this process holds."""
    if grad is None:
        return None
    grad = grad.detach()
    if hasattr(grad, "to_local"):
        grad = grad.to_local()
    if grad.is_sparse:
        grad = grad.coalesce().values()
    if grad.is_complex():
        grad = torch.view_as_real(grad)
    return float(grad.double().square().sum().sqrt())


def step(loss: Tensor | float, named: Mapping[str, Tensor], scale: float = 1.0) -> None:
    """Call where the gradients are as the update will use them, but `scale` times too large."""
    norms = {name: norm(p.grad) for name, p in named.items()}
    line(loss, {name: n if n is None else n / scale for name, n in norms.items()})


def line(loss: Tensor | float, norms: Mapping[str, float | None]) -> None:
    LINES.append({"loss": float(loss), "norms": dict(norms)})


def end(*modules: torch.nn.Module, rank: int = 0) -> None:
    """Write it all, where the environment names a place."""
    place = os.environ.get("TRUTH", "")
    if not place:
        return
    digest = hashlib.sha256()
    for module in modules:
        for tensor in module.state_dict().values():
            tensor = tensor.to_local() if hasattr(tensor, "to_local") else tensor
            digest.update(tensor.detach().resolve_conj().contiguous().view(-1).numpy().tobytes())
    digest.update(str(torch.initial_seed()).encode() + torch.get_rng_state().numpy().tobytes())
    told = {"lines": LINES, "weights": digest.hexdigest()}
    Path(f"{place}.{rank}").write_text(json.dumps(told))
