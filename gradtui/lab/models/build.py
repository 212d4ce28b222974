"""From a scenario's model table to a network."""

from collections.abc import Callable

import torch

from gradtui.lab.data.data_set import Task
from gradtui.lab.models.feedforward import cnn, critic, mlp
from gradtui.lab.models.recurrent import recurrent
from gradtui.lab.models.rows import Network
from gradtui.lab.models.transformer import transformer
from gradtui.lab.models.two_layer import two_layer
from gradtui.lab.scenario import schema

Builder = Callable[[schema.Setup, Task], Network]


def _flat(make: Callable[[schema.Model, int, int], Network]) -> Builder:
    """Of a net that is told how many numbers come in and go out."""

    def build(setup: schema.Setup, task: Task) -> Network:
        return make(setup.model, task.inputs.shape[-1], task.outputs)

    return build


def _cnn(setup: schema.Setup, task: Task) -> Network:
    return cnn(setup.model, task.outputs)


def _recurrent(setup: schema.Setup, task: Task) -> Network:
    batch = min(setup.data.batch_size, len(task.inputs))
    _, steps, features = task.inputs.shape
    return recurrent(setup.model, features, task.outputs, steps, batch)


BUILDERS: dict[str, Builder] = {
    "mlp": _flat(mlp),
    "cnn": _cnn,
    "rnn": _recurrent,
    "lstm": _recurrent,
    "gru": _recurrent,
    "critic": _flat(critic),
    "transformer": _flat(transformer),
    "two_layer": _flat(two_layer),
}
"""By the name in `lab/scenario/model_kinds.py`."""


def build_network(setup: schema.Setup, task: Task, seed: int) -> Network:
    """The network on the CPU in float32, its first weights drawn from `seed` alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return BUILDERS[setup.model.kind](setup, task)
