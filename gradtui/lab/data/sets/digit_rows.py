"""The digits as sequences of their eight rows."""

from gradtui.lab.data.data_set import DataKeys, DataSet, Generator, Task
from gradtui.lab.data.sets.digits import CLASSES, EXAMPLES, digits

ROWS = 8


def draw(data: DataKeys, generator: Generator) -> Task:
    flat = digits()
    inputs = flat.inputs.view(-1, ROWS, 8)
    return Task("classification", inputs, flat.targets, CLASSES, CLASSES)


DATA_SET = DataSet("eight steps", draw, EXAMPLES, steps=ROWS)
