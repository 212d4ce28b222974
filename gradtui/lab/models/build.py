"""From a scenario's model table to a network."""

import torch

from gradtui.lab.data.tasks import Task
from gradtui.lab.models.feedforward import cnn, critic, mlp
from gradtui.lab.models.recurrent import recurrent
from gradtui.lab.models.rows import Network
from gradtui.lab.models.transformer import transformer
from gradtui.lab.models.two_layer import two_layer
from gradtui.lab.scenario import schema


def build_network(setup: schema.Setup, task: Task, seed: int) -> Network:
    """The network on the CPU in float32, its first weights drawn from `seed` alone."""
    model = setup.model
    features = task.inputs.shape[-1]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        match model.kind:
            case "mlp":
                return mlp(model, features, task.outputs)
            case "critic":
                return critic(model, features, task.outputs)
            case "cnn":
                return cnn(model, task.outputs)
            case "rnn" | "lstm" | "gru":
                batch = min(setup.data.batch_size, len(task.inputs))
                steps = task.inputs.shape[1]
                return recurrent(model, features, task.outputs, steps, batch)
            case "transformer":
                return transformer(model, features, task.outputs)
            case "two_layer":
                return two_layer(model, features, task.outputs)
    raise ValueError(f"unknown model {model.kind!r}")
