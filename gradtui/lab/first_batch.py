"""The first batch of a run of the lab, looked at before the run begins."""

import torch

from gradtui.lab.data.batches import Batches
from gradtui.lab.data.data_set import Task
from gradtui.lab.models.rows import Network
from gradtui.lab.objective import objective
from gradtui.lab.scenario.model_kinds import KIND
from gradtui.lab.scenario.schema import Setup
from gradtui.stats.weight_gain import carried


def carried_by(network: Network, setup: Setup, task: Task, seed: int) -> tuple[float, ...]:
    """`RunInfo.carried` of a net that has just been built; empty for all but plain stacks. Of the batch
    no more is used than its mean error at the outputs."""
    model = setup.model
    plain = KIND[model.kind].stack and model.norm == "none" and not model.residual
    if not plain or task.kind == "critic":
        return ()
    tensors = [tensor for row in network.rows for _, tensor, _, _ in row.parameters]
    biases = [tensor for _, tensor, role, _ in network.rows[-1].parameters if role == "bias"]
    batches = Batches(task, setup.data.batch_size, seed, torch.device("cpu"))
    inputs, targets = batches.next()
    loss, _ = objective(setup, task, network.module, inputs, targets)
    (error,) = torch.autograd.grad(loss, biases)
    return carried(network.layout(), tensors, error, len(inputs), task.classes)
