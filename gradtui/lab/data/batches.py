"""The data of a scenario: drawn from its seed, and handed out in shuffled batches."""

import torch
from torch import Tensor

from gradtui.lab.data.data_set import DataKeys, Task
from gradtui.lab.data.registry import DATA


def build_task(name: str, data: DataKeys, seed: int) -> Task:
    """The data set of that name. Synthetic ones are drawn from `seed`."""
    return DATA[name].draw(data, torch.Generator().manual_seed(seed + 0x5EED))


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
