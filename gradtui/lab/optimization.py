"""Optimizers, warm-up and clipping as a scenario names them."""

from collections.abc import Sequence

import torch
from torch import Tensor

from gradtui.lab.scenario import schema


def build_optimizer(
    wanted: schema.Optimizer, parameters: Sequence[Tensor]
) -> torch.optim.Optimizer:
    lr, decay = wanted.lr, wanted.weight_decay
    match wanted.kind:
        case "sgd":
            return torch.optim.SGD(parameters, lr, momentum=wanted.momentum, weight_decay=decay)
        case "adagrad":
            return torch.optim.Adagrad(parameters, lr, weight_decay=decay)
        case "rmsprop":
            return torch.optim.RMSprop(parameters, lr, momentum=wanted.momentum, weight_decay=decay)
        case "adam":
            return torch.optim.Adam(parameters, lr, weight_decay=decay)
        case "adamw":
            return torch.optim.AdamW(parameters, lr, weight_decay=decay)
    raise ValueError(f"unknown optimizer {wanted.kind!r}")


def warmed_up(wanted: schema.Optimizer, step: int) -> float:
    """The learning rate at `step`, rising in a straight line over the first `warmup` steps."""
    return wanted.lr * min(1.0, (step + 1) / wanted.warmup) if wanted.warmup else wanted.lr


def clip_gradients(wanted: schema.Clip, parameters: Sequence[Tensor]) -> Tensor | None:
    """Clip in place, by value and then by norm. Returns the factor on the total norm as a 0-dim
    tensor on the gradients' device (1 = left alone), or None where no clipping is set."""
    if wanted.value is None and wanted.norm is None:
        return None
    grads = [p.grad for p in parameters if p.grad is not None]
    factor: Tensor | None = None
    if wanted.value is not None:
        before = torch.nn.utils.get_total_norm(grads)
        torch.nn.utils.clip_grad_value_(parameters, wanted.value)
        after = torch.nn.utils.get_total_norm(grads)
        factor = torch.where(before > 0, after / before, torch.ones_like(before))
    if wanted.norm is not None:
        norm = torch.nn.utils.clip_grad_norm_(parameters, wanted.norm)
        shorter = (wanted.norm / (norm + 1e-6)).clamp(max=1.0)
        factor = shorter if factor is None else factor * shorter
    return factor


@torch.no_grad()
def clamp_weights(wanted: schema.Clip, parameters: Sequence[Tensor]) -> None:
    """Weight clipping of the Wasserstein GAN (Arjovsky et al. 2017), after the update."""
    if wanted.weights is not None:
        torch._foreach_clamp_min_(list(parameters), -wanted.weights)
        torch._foreach_clamp_max_(list(parameters), wanted.weights)


def describe(clip: schema.Clip) -> str:
    """The clipping in words, empty where there is none."""
    parts = []
    if clip.norm is not None:
        parts.append(f"norm {clip.norm:g}")
    if clip.value is not None:
        parts.append(f"value {clip.value:g}")
    if clip.weights is not None:
        parts.append(f"weights {clip.weights:g}")
    return ", ".join(parts)
