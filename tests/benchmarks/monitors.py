"""What can be had to watch gradients with, each attached as its own documentation says.

A monitor is attached once to a net. What comes back is called after each backward pass, when gradients are
there, with the step's number and its loss. `place` is an empty folder for what it writes. Ways that torch has
by itself keep no history: that is their cheapest form.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from tests.benchmarks.nets import Net

Each = Callable[[int, Tensor], object]

EVERY_NORM = "norm of each tensor"


@dataclass(frozen=True)
class Monitor:
    attach: Callable[[Net, Path], Each]
    gives: str
    every: int = 1
    """Steps from one time that it does so to the next, where it does not decide by itself."""
    overhead: float | None = None
    """The budget that gradtui is given from outside, as `gradtui run` does."""
    recorded: bool = False
    """Whether gradtui records into `place`, so that the run says which steps were measured."""


def _nothing(i: int, loss: Tensor) -> None:
    pass


def bare(net: Net, place: Path) -> Each:
    return _nothing


def gradtui_watch(net: Net, place: Path) -> Each:
    import gradtui

    gradtui.watch(net.model, net.optimizer, directory=place)
    return _nothing


def _grads(net: Net) -> list[Tensor]:
    return [p.grad for p in net.model.parameters() if p.grad is not None]


def foreach_norm(net: Net, place: Path) -> Each:
    return lambda i, loss: torch.stack(torch._foreach_norm(_grads(net))).tolist()


def total_norm(net: Net, place: Path) -> Each:
    return lambda i, loss: nn.utils.get_total_norm(_grads(net)).item()


def item_each(net: Net, place: Path) -> Each:
    return lambda i, loss: [grad.norm().item() for grad in _grads(net)]


def backward_hooks(net: Net, place: Path) -> Each:
    """On every module without children."""
    norms: dict[nn.Module, float] = {}

    def hook(module: nn.Module, of_inputs: object, of_outputs: tuple[Tensor | None, ...]) -> None:
        if of_outputs[0] is not None:
            norms[module] = of_outputs[0].norm().item()

    for module in net.model.modules():
        if not list(module.children()):
            module.register_full_backward_hook(hook)
    return _nothing


def tensorboard_scalars(net: Net, place: Path) -> Each:
    from torch.utils.tensorboard import SummaryWriter

    writer = SummaryWriter(place)

    def each(i: int, loss: Tensor) -> None:
        for name, parameter in net.model.named_parameters():
            if parameter.grad is not None:
                writer.add_scalar(name, parameter.grad.norm(), i)

    return each


def tensorboard_histograms(net: Net, place: Path) -> Each:
    from torch.utils.tensorboard import SummaryWriter

    writer = SummaryWriter(place)

    def each(i: int, loss: Tensor) -> None:
        for name, parameter in net.model.named_parameters():
            if parameter.grad is not None:
                writer.add_histogram(name, parameter.grad, i)

    return each


WANDB_EVERY = 1000
"""Steps, by default."""


def _wandb(net: Net, place: Path, every: int) -> Each:
    """Offline, with the loss logged at every step: that is what takes histograms along."""
    for name in ("DIR", "CACHE_DIR", "CONFIG_DIR", "DATA_DIR"):
        os.environ[f"WANDB_{name}"] = str(place)
    os.environ |= {"WANDB_MODE": "offline", "WANDB_SILENT": "true"}
    import wandb

    run = wandb.init(project="bench", dir=place)
    run.watch(net.model, log="gradients", log_freq=every)
    return lambda i, loss: run.log({"loss": loss.item()})


def wandb_watch(net: Net, place: Path) -> Each:
    return _wandb(net, place, WANDB_EVERY)


def wandb_every_step(net: Net, place: Path) -> Each:
    return _wandb(net, place, 1)


def traintools(net: Net, place: Path) -> Each:
    from traintools import GradientHealthMonitor

    monitor = GradientHealthMonitor(max_grad_norm=1.0)
    rate = net.optimizer.param_groups[0]["lr"]
    return lambda i, loss: monitor.inspect(net.model, step=i, lr=rate)


def torchmortem(net: Net, place: Path) -> Each:
    from torchmortem import Autopsy

    autopsy = Autopsy(net.model, optimizer=net.optimizer)
    autopsy.attach()
    return lambda i, loss: autopsy.step(loss=loss.item())


def gradlens(net: Net, place: Path) -> Each:
    import gradlens

    monitor = gradlens.watch(net.model)
    return lambda i, loss: monitor.log(loss=loss.item())


def gradviz(net: Net, place: Path) -> Each:
    from gradviz import GradViz

    viewer = GradViz(net.model)
    viewer.attach()
    return lambda i, loss: viewer.step()


def cockpit(net: Net, place: Path) -> Each:
    """Its gradient norm alone, every step. What has to be around the backward pass for other quantities
    does nothing for this one, and is entered after it."""
    from cockpit import Cockpit
    from cockpit.quantities import GradNorm
    from cockpit.utils.schedules import linear

    panel = Cockpit(net.model.parameters(), quantities=[GradNorm(track_schedule=linear(1))])

    def each(i: int, loss: Tensor) -> None:
        with panel(i, info={"loss": loss, "optimizer": net.optimizer}):
            pass

    return each


BARE, AGAIN = "bare", "bare again"
MONITORS: dict[str, Monitor] = {
    BARE: Monitor(bare, "nothing"),
    AGAIN: Monitor(bare, "nothing"),
    "gradtui run": Monitor(bare, f"{EVERY_NORM}, more at a cadence", overhead=0.03, recorded=True),
    "gradtui.watch": Monitor(gradtui_watch, f"{EVERY_NORM}, more at a cadence", recorded=True),
    "gradtui run --overhead off": Monitor(
        bare, "all statistics of each tensor", overhead=float("inf"), recorded=True
    ),
    "torch._foreach_norm": Monitor(foreach_norm, EVERY_NORM),
    "get_total_norm": Monitor(total_norm, "one norm of all"),
    "norm().item()": Monitor(item_each, EVERY_NORM),
    "full backward hooks": Monitor(backward_hooks, "norm at each module's output"),
    "TensorBoard scalars": Monitor(tensorboard_scalars, EVERY_NORM),
    "TensorBoard histograms": Monitor(tensorboard_histograms, "histogram of each tensor"),
    "wandb.watch": Monitor(wandb_watch, "histogram of each tensor", every=WANDB_EVERY),
    "wandb.watch, log_freq=1": Monitor(wandb_every_step, "histogram of each tensor"),
    "traintools": Monitor(traintools, f"{EVERY_NORM}, and more"),
    "torchmortem": Monitor(torchmortem, "norm at each module's output, and more"),
    "gradlens": Monitor(gradlens, f"{EVERY_NORM}, dead units"),
    "gradviz": Monitor(gradviz, EVERY_NORM),
    "Cockpit, gradient norm": Monitor(cockpit, EVERY_NORM),
}
"""The first two are one and the same: how much they differ is how far the others can be trusted."""
