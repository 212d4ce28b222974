"""Remember the class shown at the first time step until the last one; faint noise between."""

from gradtui.lab.data.data_set import DataKeys, DataSet, Generator, Task

CLASSES = 8


def draw(data: DataKeys, generator: Generator) -> Task:
    import torch

    labels = torch.randint(0, CLASSES, (data.examples,), generator=generator)
    inputs = 0.1 * torch.randn(data.examples, data.length, CLASSES, generator=generator)
    inputs[torch.arange(data.examples), 0, labels] += 1.0
    return Task("classification", inputs, labels, CLASSES, CLASSES)


DATA_SET = DataSet("sequence", draw, steps=-1, numbers_a_step=CLASSES)
