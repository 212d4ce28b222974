"""Programs that mix up dimensions: the examples of a batch with positions, layers or classes."""

from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F

from tests.repairs.case import Case, adam, operation
from tests.repairs.nets import images, pixel_rows
from tests.verdicts.nets import Recurrent


def along_the_batch(model: nn.Module) -> nn.Module:
    """What its author has who forgets batch_first."""
    for part in model.modules():
        if isinstance(part, nn.RNNBase):
            part.batch_first = False
    return model


class LastStates(nn.Module):
    """A recurrent net that reads from both ends, and answers by the states there."""

    def __init__(self) -> None:
        super().__init__()
        self.rnn = nn.LSTM(8, 32, batch_first=True, bidirectional=True)
        self.head = nn.Linear(64, 10)

    def forward(self, x: Tensor) -> Tensor:
        _, (states, _) = self.rnn(x)
        rows_of = operation(lambda given: given.reshape(len(x), -1), "rows_of")
        scores: Tensor = self.head(rows_of(states))
        return scores


def scores_of_a_batch(model: nn.Module, inputs: Tensor, labels: Tensor) -> Tensor:
    shares = operation(lambda given: given.softmax(0), "shares")
    return F.nll_loss(shares(model(inputs)).clamp_min(1e-12).log(), labels)


def pixels() -> tuple[Tensor, Tensor]:
    """Each pixel is to be told whether it is dark, bright or between."""
    x, _ = images()
    return x, (3 * x).floor().clamp(0, 2).long().flatten(1)


def of_pixels(model: nn.Module, inputs: Tensor, labels: Tensor) -> Tensor:
    rows_of: Any = operation(lambda given, classes_at=1: given.reshape(-1, 3), "rows_of")
    return F.cross_entropy(rows_of(model(inputs), classes_at=1), labels.flatten())


def convolutions() -> nn.Module:
    return nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 3, 3, padding=1))


def one_layer() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 10))


CASES = [
    Case(
        "lstm along the batch",
        pixel_rows,
        lambda: along_the_batch(Recurrent(nn.LSTM, 8, 32, 10)),
        adam(5e-3),
    ),
    Case(
        "gru along the batch",
        pixel_rows,
        lambda: along_the_batch(Recurrent(nn.GRU, 8, 32, 10)),
        adam(5e-3),
    ),
    Case("last states reshaped", pixel_rows, LastStates, adam(5e-3)),
    Case("softmax over the batch", pixel_rows, one_layer, adam(3e-3), scores_of_a_batch),
    Case("scores of pixels reshaped", pixels, convolutions, adam(5e-3), of_pixels),
]
