"""Nets through time: gates that keep, weights that neither fade nor grow, shorter ways back."""

import re

from gradtui.core.layout import RowInfo
from gradtui.doctor.program_seen import ProgramSeen
from gradtui.doctor.recurrence import by_hand
from gradtui.doctor.remedies.code.fragments import block, joined
from gradtui.doctor.remedies.code.prescription import DATA, MODEL, OPERATION
from gradtui.doctor.remedy import CodeLines, Remedy

STRETCH = 20
"""Time steps that gradients go back at most."""
PLAIN = ("RNN", "RNNCell")
LONG = ("LSTM", "LSTMCell")


def gates(seen: ProgramSeen) -> CodeLines | None:
    """A GRU for a plain RNN; for an LSTM, gates that start open."""
    paths = recurrent_paths(seen, PLAIN)
    code = joined(*(_gru(seen, path) for path in paths)) if paths else _open_gates(seen)
    expect = "a loss that leaves guessing behind, as what came early is remembered"
    return CodeLines(MODEL, code, expect) if code else None


def detach_once(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        def over_time(cell, inputs, state):  # inputs [batch, time, ...]; state of the chunk before
            state = tuple(one.detach() for one in state) if isinstance(state, tuple) else state.detach()
            outputs = []
            for one in inputs.unbind(1):
                state = cell(one, state)
                outputs.append(state[0] if isinstance(state, tuple) else state)
            return torch.stack(outputs, 1), state
    """)
    return CodeLines(OPERATION, code, "a loss that falls below what can be said from one time step")


def recurrent_paths(seen: ProgramSeen, kinds: tuple[str, ...]) -> dict[str, RowInfo]:
    """Path of each recurrent module of these kinds -> its row."""
    found: dict[str, RowInfo] = {}
    for tensor in seen.facts.layout.tensors:
        row = seen.facts.layout.rows[tensor.row]
        if ".weight_hh" in tensor.name and row.kind in kinds:
            found.setdefault(tensor.name.rpartition(".")[0], row)
    return found


def recurrent_tensors(seen: ProgramSeen, part: str) -> list[tuple[str, int]]:
    """Names and lengths of the tensors called so, such as "weight_hh", of all recurrent layers."""
    return [
        (tensor.name, tensor.shape[0])
        for tensor in seen.facts.layout.tensors
        if tensor.name.rpartition(".")[2].startswith(part)
    ]


def _gru(seen: ProgramSeen, path: str) -> str:
    """It takes and returns what an RNN does."""
    tensors = {t.name.removeprefix(path + "."): t.shape for t in seen.facts.layout.tensors}
    first = next(name for name in tensors if name.startswith("weight_ih"))
    hidden, inputs = tensors[first]
    cell = first == "weight_ih"
    layers = len({name for name in tensors if re.fullmatch(r"weight_hh_l\d+", name)})
    more = "" if cell else ", batch_first=rnn.batch_first"
    more += f", num_layers={layers}" if layers > 1 else ""
    more += ", bidirectional=True" if any(n.endswith("_reverse") for n in tensors) else ""
    biases = [name for name in tensors if name.startswith("bias_ih")]
    more += "" if biases else ", bias=False"
    return joined(
        "" if cell else f"rnn = model.get_submodule({path!r})",
        f"gru = torch.nn.{'GRUCell' if cell else 'GRU'}({inputs}, {hidden}{more})"
        + ("" if seen.device == "cpu" else f".to({seen.device!r})"),
        *(
            f"torch.nn.init.uniform_(gru.{name}.data[{hidden}:{2 * hidden}], 1, 4)  # what it keeps"
            for name in biases
        ),
        f"model.set_submodule({path!r}, gru)",
    )


def _open_gates(seen: ProgramSeen) -> str:
    found = [(name, size // 4) for name, size in recurrent_tensors(seen, "bias_ih")]
    if not recurrent_paths(seen, LONG):
        return ""
    return joined(
        "# of the four gates the second says what is kept" if found else "",
        *(
            f"torch.nn.init.uniform_(model.get_parameter({name!r}).data[{size}:{2 * size}], 1, 3)"
            for name, size in found
        ),
    )


def orthogonal(seen: ProgramSeen) -> CodeLines | None:
    """Recurrent weights that neither shrink nor enlarge a signal, gate by gate."""
    code = orthogonal_code(seen)
    expect = "a signal that is as large after many time steps back as after one"
    return CodeLines(MODEL, code, expect) if code else None


def orthogonal_code(seen: ProgramSeen) -> str:
    """The identity where a plain net rectifies, as half of an orthogonal map would be lost at each
    step (Le, Jaitly and Hinton, 2015)."""
    found = []
    for tensor in seen.facts.layout.tensors:
        named = tensor.name.rpartition(".")[2].startswith("weight_hh") and len(tensor.shape) == 2
        own = by_hand(seen.facts, tensor)
        if not (named or own):
            continue
        row = seen.facts.layout.rows[tensor.row]
        rows, width = tensor.shape
        weight = f"model.get_parameter({tensor.name!r})"
        if (own or row.kind in PLAIN) and row.activation == "relu":
            found.append(f"torch.nn.init.eye_({weight})  # what a ReLU passes on keeps its size")
        elif rows == width:
            found.append(f"torch.nn.init.orthogonal_({weight})")
        else:
            found.append(
                joined(
                    f"for gate in {weight}.data.split({width}):",
                    "    torch.nn.init.orthogonal_(gate)",
                )
            )
    return joined(*found)


def shorter(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        inputs = inputs[:, inputs.shape[1] // 2 :]  # [batch, time, ..]: the later half alone
        # targets with one answer a time step: targets = targets[:, targets.shape[1] // 2 :]
    """)
    return CodeLines(
        DATA, code, "half as many powers of ten between the first and the last time step"
    )


def stretches(seen: ProgramSeen) -> CodeLines | None:
    """The forward pass as it is, with gradients that end after some time steps."""
    paths = recurrent_paths(seen, ("RNN", "LSTM", "GRU"))
    if not paths:
        return None
    path, row = next(iter(paths.items()))
    several = row.kind == "LSTM"
    held = "tuple(state.detach() for state in hidden)" if several else "hidden.detach()"
    code = block(f"""
        rnn = model.get_submodule({path!r})
        whole, time = rnn.forward, 1 if rnn.batch_first else 0


        def in_stretches(inputs, hidden=None):
            outputs = []
            for part in inputs.split({STRETCH}, dim=time):
                output, hidden = whole(part, hidden)
                hidden = {held}
                outputs.append(output)
            return torch.cat(outputs, dim=time), hidden


        rnn.forward = in_stretches
    """)
    return CodeLines(MODEL, code, f"gradients as large as {STRETCH} time steps make them, not more")


DETACH_ONCE = Remedy(
    id="detach_once",
    text=("detach the state once, before the loop over time steps, and not within it"),
    code=detach_once,
    source=("Williams and Peng, 1990"),
)
ORTHOGONAL = Remedy(
    id="orthogonal",
    text=("initialise the recurrent weights orthogonally"),
    code=orthogonal,
    source=("Saxe, McClelland and Ganguli, 2014, arXiv:1312.6120"),
)
GATES = Remedy(
    id="gates",
    text=("use an LSTM with a forget-gate bias of 1 to 3, or a GRU"),
    code=gates,
    source=(
        "Hochreiter and Schmidhuber, 1997, Neural Computation; Cho et al., 2014, "
        "arXiv:1406.1078; Jozefowicz, Zaremba and Sutskever, 2015, ICML"
    ),
)
SHORTER_SEQUENCES = Remedy(
    id="shorter_sequences",
    text=("bring the input that matters closer to the loss (shorter sequences, attention)"),
    code=shorter,
    source=(
        "Bengio, Simard and Frasconi, 1994, IEEE Transactions on Neural Networks; Bahdanau, "
        "Cho and Bengio, 2015, arXiv:1409.0473"
    ),
)


def time_step(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        def rollout(rate, state, dt, steps):  # dt: the time between two samples of the data
            states = [state]
            for _ in range(steps):
                states.append(states[-1] + dt * rate(states[-1]))
            return torch.stack(states, dim=1)
    """)
    return CodeLines(OPERATION, code, "first gradients near the root of the loss")


STEP_OF_TIME = Remedy(
    id="step_of_time",
    text=("take the step of time that the data have, and shorter rollouts at first"),
    code=time_step,
    source=("Chen et al., 2018, arXiv:1806.07366"),
)
TRUNCATED_BACKPROPAGATION = Remedy(
    id="truncated_backpropagation",
    text=("cut back-propagation through time into shorter stretches"),
    code=stretches,
    source=("Williams and Peng, 1990, Neural Computation"),
)
