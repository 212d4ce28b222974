"""1,797 handwritten digits of 8 x 8 pixels, each pixel standardised over the whole set."""

from gradtui.lab.data.data_set import DataKeys, DataSet, Generator, Task

EXAMPLES, CLASSES = 1797, 10


def digits() -> Task:
    from importlib.resources import as_file, files

    import numpy as np
    import torch

    source = files("gradtui.lab.data") / "digits.npz"
    with as_file(source) as path, np.load(path, allow_pickle=False) as archive:
        pixels = archive["pixels"].astype(np.float32)
        labels = archive["digits"].astype(np.int64)
    spread = pixels.std(axis=0)
    pixels = (pixels - pixels.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    inputs, targets = torch.from_numpy(pixels), torch.from_numpy(labels)
    return Task("classification", inputs, targets, CLASSES, CLASSES)


def draw(data: DataKeys, generator: Generator) -> Task:
    return digits()


DATA_SET = DataSet("image", draw, EXAMPLES)
