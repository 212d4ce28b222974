"""Targets that have nothing to do with the inputs."""

from gradtui.lab.data.data_set import DataKeys, DataSet, Generator, Task


def draw(data: DataKeys, generator: Generator) -> Task:
    import torch

    inputs = torch.randn(data.examples, data.features, generator=generator)
    targets = torch.randn(data.examples, data.outputs, generator=generator)
    return Task("regression", inputs, targets * data.target_scale, 0, data.outputs)


DATA_SET = DataSet("vector", draw, numbers=-1)
