"""Losses of the lab's tasks."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gradtui.lab.data.data_set import Task
from gradtui.lab.scenario import schema


def objective(
    setup: schema.Setup, task: Task, module: nn.Module, inputs: Tensor, targets: Tensor
) -> tuple[Tensor, Tensor | None]:
    """The loss of one batch, and the share of right answers where there is a right answer.

    Losses are taken in float32 from half-precision outputs, as mixed-precision recipes do.
    """
    if task.kind == "critic":
        return critic_loss(setup, module, inputs, targets), None
    output = module(inputs)
    if output.dtype in (torch.float16, torch.bfloat16):
        output = output.float()
    if task.kind == "classification":
        right = (output.detach().argmax(dim=1) == targets).float().mean()
        return F.cross_entropy(output, targets), right
    if setup.model.kind == "two_layer":
        return (output - targets).square().sum(), None
    return F.mse_loss(output, targets.to(output.dtype)), None


def critic_loss(setup: schema.Setup, module: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
    """Wasserstein critic: E[D(fake)] - E[D(real)], with the gradient penalty of Gulrajani et al.
    2017 on points between the two where its weight is not zero."""
    scores = module(torch.cat([real, fake]))
    loss: Tensor = scores[len(real) :].mean() - scores[: len(real)].mean()
    weight = setup.model.gradient_penalty
    if weight:
        mix = torch.linspace(0, 1, len(real), device=real.device, dtype=real.dtype)[:, None]
        between = (mix * real + (1 - mix) * fake).requires_grad_()
        (slope,) = torch.autograd.grad(module(between).sum(), between, create_graph=True)
        loss = loss + weight * (slope.norm(dim=1) - 1).square().mean()
    return loss
