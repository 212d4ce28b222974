"""Recurrent nets, unrolled by hand so that the signal at every time step can be read."""

import torch
from torch import Tensor, nn

from gradtui.lab.models.parts import initialise
from gradtui.lab.models.rows import LayerRow, Network, module_row
from gradtui.lab.scenario import schema

CELLS: dict[str, type[nn.RNNCellBase]] = {
    "rnn": nn.RNNCell,
    "lstm": nn.LSTMCell,
    "gru": nn.GRUCell,
}


class Recurrent(nn.Module):
    """Reads [batch, time, features], answers from the last state. `states` holds, after a forward
    pass, the state tensors of each time step (for an LSTM the hidden and the cell state)."""

    def __init__(self, cell: nn.RNNCellBase, width: int, outputs: int, truncate: int) -> None:
        super().__init__()
        self.cell = cell
        self.readout = nn.Linear(width, outputs)
        self.width = width
        self.truncate = truncate
        self.states: list[tuple[Tensor, ...]] = []

    def forward(self, x: Tensor) -> Tensor:
        zero = x.new_zeros(x.shape[0], self.width)
        state: tuple[Tensor, ...] = (zero, zero) if isinstance(self.cell, nn.LSTMCell) else (zero,)
        self.states = []
        for time in range(x.shape[1]):
            if self.truncate and time and time % self.truncate == 0:
                state = tuple(part.detach() for part in state)
            out = self.cell(x[:, time], state if len(state) == 2 else state[0])
            state = out if isinstance(out, tuple) else (out,)
            self.states.append(state)
        answer: Tensor = self.readout(state[0])
        return answer


@torch.no_grad()
def _prepare(cell: nn.RNNCellBase, model: schema.Model) -> None:
    if model.init != "default":
        for gate in cell.weight_ih.chunk(cell.weight_ih.shape[0] // model.width):
            _fill(gate, model)
        for gate in cell.weight_hh.chunk(cell.weight_hh.shape[0] // model.width):
            _fill(gate, model)
        cell.bias_ih.zero_()
        cell.bias_hh.zero_()
    if model.recurrent_scale is not None:
        for gate in cell.weight_hh.chunk(cell.weight_hh.shape[0] // model.width):
            nn.init.orthogonal_(gate, gain=model.recurrent_scale)
    if model.forget_bias is not None and isinstance(cell, nn.LSTMCell):
        # Gates are stored as input, forget, cell, output (torch.nn.LSTMCell).
        cell.bias_ih[model.width : 2 * model.width].fill_(model.forget_bias)
        cell.bias_hh[model.width : 2 * model.width].zero_()


def _fill(weight: Tensor, model: schema.Model) -> None:
    """Initialise one gate's slice in place, as `initialise` does for a whole layer."""
    proxy = nn.Linear(weight.shape[1], weight.shape[0], bias=False)
    initialise(proxy, model)
    weight.copy_(proxy.weight)


def recurrent(model: schema.Model, features: int, outputs: int, steps: int, batch: int) -> Network:
    """One recurrent cell unrolled over `steps` time steps, and a Linear readout."""
    extra = {"nonlinearity": model.activation} if model.kind == "rnn" else {}
    cell = CELLS[model.kind](features, model.width, **extra)  # type: ignore[arg-type]
    _prepare(cell, model)
    net = Recurrent(cell, model.width, outputs, model.truncate)
    if model.init != "default":
        initialise(net.readout, model, hidden=False)
    kind = type(cell).__name__
    whole = module_row("cell", cell, kind=kind)
    rows: list[LayerRow] = []
    for part, label in (("ih", "input"), ("hh", "recurrent")):
        mine = [p for p in whole.parameters if part in p[0]]
        rows.append(LayerRow(type(whole.info)(f"{label} weights", kind), mine))
    fans = (model.width, outputs)
    rows.append(module_row("readout", net.readout, kind="Linear", fans=fans, block=net.readout))
    shape = (batch, model.width)
    names = ("h", "c") if isinstance(cell, nn.LSTMCell) else ("h",)
    return Network(net, rows, steps, [(name, shape) for name in names])
