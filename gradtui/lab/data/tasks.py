"""Data sets as tensors, made from a seed alone: the same on every machine and device."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import as_file, files

import numpy as np
import torch
from torch import Tensor

from gradtui.lab.scenario import schema


@dataclass(frozen=True)
class Task:
    """`inputs` [examples, ...] and `targets` [examples, ...], both on the CPU.

    `kind` is "classification" (targets are class numbers), "regression" or "critic" (targets are the
    fake points that the critic must tell from the real inputs).
    """

    kind: str
    inputs: Tensor
    targets: Tensor
    classes: int = 0
    outputs: int = 1


MEMORY_CLASSES = 8


def build_task(data: schema.Data, seed: int) -> Task:
    """The data set that `data` names. Synthetic ones are drawn from `seed`."""
    generator = torch.Generator().manual_seed(seed + 0x5EED)
    return DRAWN[data.name](data, generator)


def digits() -> Task:
    """1,797 handwritten digits of 8 x 8 pixels, each pixel standardised over the whole set."""
    source = files("gradtui.lab.data") / "digits.npz"
    with as_file(source) as path, np.load(path, allow_pickle=False) as archive:
        pixels = archive["pixels"].astype(np.float32)
        labels = archive["digits"].astype(np.int64)
    spread = pixels.std(axis=0)
    pixels = (pixels - pixels.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    return Task("classification", torch.from_numpy(pixels), torch.from_numpy(labels), 10, 10)


def memory(data: schema.Data, generator: torch.Generator) -> Task:
    """Remember the class shown at the first time step until the last one; faint noise between."""
    labels = torch.randint(0, MEMORY_CLASSES, (data.examples,), generator=generator)
    inputs = 0.1 * torch.randn(data.examples, data.length, MEMORY_CLASSES, generator=generator)
    inputs[torch.arange(data.examples), 0, labels] += 1.0
    return Task("classification", inputs, labels, MEMORY_CLASSES, MEMORY_CLASSES)


def teacher(data: schema.Data, generator: torch.Generator) -> Task:
    """Targets from a fixed random two-layer tanh net: something there is to learn."""
    inputs = torch.randn(data.examples, data.features, generator=generator)
    first = torch.randn(data.features, 16, generator=generator) / math.sqrt(data.features)
    second = torch.randn(16, data.outputs, generator=generator) / 4
    targets = torch.tanh(inputs @ first) @ second
    return Task("regression", inputs, targets * data.target_scale, 0, data.outputs)


def swiss_roll(data: schema.Data, generator: torch.Generator) -> Task:
    """Points of a two-dimensional Swiss roll, and fakes: the same points plus unit Gaussian noise.

    The generator held fixed as in Gulrajani et al. 2017, section 4, so that only the critic trains.
    """
    turns = 1.5 * math.pi * (1 + 2 * torch.rand(data.examples, generator=generator))
    points = torch.stack([turns * turns.cos(), turns * turns.sin()], dim=1) / 7.5
    fakes = points + torch.randn(data.examples, 2, generator=generator)
    return Task("critic", points, fakes, 0, 1)


def digit_rows() -> Task:
    """The digits as sequences of their eight rows."""
    flat = digits()
    return Task("classification", flat.inputs.view(-1, 8, 8), flat.targets, 10, 10)


def noise(data: schema.Data, generator: torch.Generator) -> Task:
    """Targets that have nothing to do with the inputs."""
    inputs = torch.randn(data.examples, data.features, generator=generator)
    targets = torch.randn(data.examples, data.outputs, generator=generator)
    return Task("regression", inputs, targets * data.target_scale, 0, data.outputs)


DRAWN: dict[str, Callable[[schema.Data, torch.Generator], Task]] = {
    "digits": lambda data, generator: digits(),
    "digit_rows": lambda data, generator: digit_rows(),
    "memory": memory,
    "noise": noise,
    "teacher": teacher,
    "swiss_roll": swiss_roll,
}
"""By the name in `lab/scenario/model_and_data_kinds.py`."""


class Batches:
    """Endless shuffled batches. The order depends on the seed alone, not on the model or device."""

    def __init__(self, task: Task, batch_size: int, seed: int, device: torch.device) -> None:
        self._inputs = task.inputs.to(device)
        self._targets = task.targets.to(device)
        self._size = min(batch_size, len(task.inputs))
        self._generator = torch.Generator().manual_seed(seed + 1)
        self._order = torch.empty(0, dtype=torch.long)

    def next(self) -> tuple[Tensor, Tensor]:
        """Inputs [batch, ...] and targets [batch, ...]; a last short batch of an epoch is left out."""
        if len(self._order) < self._size:
            self._order = torch.randperm(len(self._inputs), generator=self._generator)
        taken, self._order = self._order[: self._size], self._order[self._size :]
        index = taken.to(self._inputs.device, non_blocking=True)
        return self._inputs[index], self._targets[index]
