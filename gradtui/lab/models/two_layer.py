"""The two-layer ReLU net that is written by hand in every introduction to PyTorch: no biases, no
scaling, weights from N(0, 1)."""

import torch
from torch import Tensor, nn

from gradtui.core.layout import RowInfo
from gradtui.lab.models.rows import LayerRow, Network
from gradtui.lab.scenario import schema


class TwoLayer(nn.Module):
    def __init__(self, inputs: int, hidden: int, outputs: int) -> None:
        super().__init__()
        self.w1 = nn.Parameter(torch.randn(inputs, hidden))
        self.w2 = nn.Parameter(torch.randn(hidden, outputs))
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.relu(x @ self.w1) @ self.w2
        return out


def two_layer(model: schema.Model, inputs: int, outputs: int) -> Network:
    net = TwoLayer(inputs, model.width, outputs)
    hidden = RowInfo("w1", "matrix", "relu", inputs, model.width)
    last = RowInfo("w2", "matrix", "", model.width, outputs)
    rows = [
        LayerRow(hidden, [("w1", net.w1, "weight", "")], net.relu, net.relu),
        LayerRow(last, [("w2", net.w2, "weight", "")], net),
    ]
    return Network(net, rows)
