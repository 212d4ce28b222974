"""Nets through time: gates that keep, and shorter ways back."""

from gradtui.health.prescriptions.code import block
from gradtui.health.prescriptions.prescription import DATA, MODEL, Lines
from gradtui.health.prescriptions.seen import Seen

STRETCH = 20
"""Time steps that gradients go back at most."""

KEEP = block("""
    for layer in model.modules():
        if isinstance(layer, (torch.nn.LSTM, torch.nn.LSTMCell)):
            for name, bias in layer.named_parameters():
                if "bias_ih" in name:  # of its four gates the second says what is kept
                    size = bias.shape[0] // 4
                    torch.nn.init.uniform_(bias.data[size : 2 * size], 1.0, 3.0)
""")
GATE = block("""
    for parent in list(model.modules()):
        for name, old in list(parent.named_children()):
            if type(old) is torch.nn.RNN:  # a GRU takes and returns what an RNN does
                gates = torch.nn.GRU(
                    old.input_size,
                    old.hidden_size,
                    num_layers=old.num_layers,
                    bias=old.bias,
                    batch_first=old.batch_first,
                    dropout=old.dropout,
                    bidirectional=old.bidirectional,
                )
            elif type(old) is torch.nn.RNNCell:
                gates = torch.nn.GRUCell(old.input_size, old.hidden_size, old.bias)
            else:
                continue
            setattr(parent, name, gates.to(next(old.parameters())))
            for part, bias in gates.named_parameters():
                if "bias_ih" in part:  # of its three gates the second says what is kept
                    size = old.hidden_size
                    torch.nn.init.uniform_(bias.data[size : 2 * size], 1.0, 4.0)
""")


def gates(seen: Seen) -> Lines:
    """A GRU for a plain RNN; for an LSTM, gates that start open."""
    gated = seen.kinds.intersection(("LSTM", "LSTMCell"))
    code = KEEP if gated and not seen.kinds.intersection(("RNN", "RNNCell")) else GATE
    return Lines(
        MODEL, code, "a loss that leaves guessing behind, as what came early is remembered"
    )


def shorter(seen: Seen) -> Lines:
    del seen
    code = block("""
        inputs = inputs[:, inputs.shape[1] // 2 :]  # [batch, time, ..]: the later half alone
        # targets with one answer a time step: targets = targets[:, targets.shape[1] // 2 :]
    """)
    return Lines(DATA, code, "half as many powers of ten between the first and the last time step")


def stretches(seen: Seen) -> Lines:
    """The forward pass as it is, with gradients that end after some time steps."""
    del seen
    code = block(f"""
        def cut(layer, length={STRETCH}):
            whole, time = layer.forward, 1 if layer.batch_first else 0

            def forward(inputs, hidden=None):
                outputs = []
                for part in inputs.split(length, dim=time):
                    if isinstance(hidden, tuple):  # an LSTM's
                        hidden = tuple(state.detach() for state in hidden)
                    elif hidden is not None:
                        hidden = hidden.detach()
                    output, hidden = whole(part, hidden)
                    outputs.append(output)
                return torch.cat(outputs, dim=time), hidden

            layer.forward = forward


        for layer in model.modules():
            if isinstance(layer, torch.nn.RNNBase):
                cut(layer)
    """)
    return Lines(MODEL, code, f"gradients as large as {STRETCH} time steps make them, not more")
