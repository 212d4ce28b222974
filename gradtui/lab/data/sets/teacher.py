"""Targets from a fixed random two-layer tanh net: something there is to learn."""

import math

from gradtui.lab.data.data_set import DataKeys, DataSet, Generator, Task

HIDDEN = 16


def draw(data: DataKeys, generator: Generator) -> Task:
    import torch

    inputs = torch.randn(data.examples, data.features, generator=generator)
    first = torch.randn(data.features, HIDDEN, generator=generator) / math.sqrt(data.features)
    second = torch.randn(HIDDEN, data.outputs, generator=generator) / math.sqrt(HIDDEN)
    targets = torch.tanh(inputs @ first) @ second
    return Task("regression", inputs, targets * data.target_scale, 0, data.outputs)


DATA_SET = DataSet("vector", draw, numbers=-1)
