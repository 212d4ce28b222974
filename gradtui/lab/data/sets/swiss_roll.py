"""Points of a two-dimensional Swiss roll, and fakes: the same points plus unit Gaussian noise.

The generator held fixed as in Gulrajani et al. 2017, section 4, so that only the critic trains.
"""

import math

from gradtui.lab.data.data_set import DataKeys, DataSet, Generator, Task


def draw(data: DataKeys, generator: Generator) -> Task:
    import torch

    turns = 1.5 * math.pi * (1 + 2 * torch.rand(data.examples, generator=generator))
    points = torch.stack([turns * turns.cos(), turns * turns.sin()], dim=1) / 7.5
    fakes = points + torch.randn(data.examples, 2, generator=generator)
    return Task("critic", points, fakes, 0, 1)


DATA_SET = DataSet("points and fakes", draw, numbers=4)
