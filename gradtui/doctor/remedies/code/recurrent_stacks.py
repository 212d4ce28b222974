"""Recurrent layers above one another: gates, fewer of them, norms."""

import re
from typing import NamedTuple

from gradtui.doctor.program_seen import ProgramSeen
from gradtui.doctor.remedies.code.fragments import block, joined
from gradtui.doctor.remedies.code.prescription import MODEL
from gradtui.doctor.remedies.code.recurrent import (
    LONG,
    PLAIN,
    orthogonal_code,
    recurrent_paths,
)
from gradtui.doctor.remedy import CodeLines, Remedy

MODULES = ("RNN", "LSTM", "GRU")
CELLS = ("RNNCell", "LSTMCell", "GRUCell")
OPEN_LSTM = block("""
    for rnn in model.modules():
        if isinstance(rnn, (torch.nn.LSTM, torch.nn.LSTMCell)):
            for name, weight in rnn.named_parameters(recurse=False):
                gates = weight.data.chunk(4)  # the second says what is kept
                if "bias" in name:
                    gates[1].fill_(1.0 if "ih" in name else 0.0)
                for gate in gates if "weight_hh" in name else ():
                    torch.nn.init.orthogonal_(gate)
""")
SHALLOW = 2
"""Recurrent layers above one another that learn as they are."""


class RecurrentStack(NamedTuple):
    """A recurrent module: its path, torch's name for it, and what it was built with."""

    path: str
    kind: str
    inputs: int
    width: int
    layers: int
    both: bool
    """It reads in both directions."""
    bias: bool


def recurrent_stacks(seen: ProgramSeen) -> list[RecurrentStack]:
    """Modules, cells among them."""
    found = []
    for path, row in recurrent_paths(seen, MODULES + CELLS).items():
        mine = {
            tensor.name.removeprefix(path + "."): tensor.shape
            for tensor in seen.facts.layout.tensors
            if tensor.name.startswith(path + ".")
        }
        hidden = [shape for name, shape in mine.items() if name.startswith("weight_hh")]
        first = next(
            (shape for name, shape in mine.items() if name.startswith("weight_ih")), (0, 0)
        )
        levels = {m[1] for name in mine if (m := re.match(r"weight_hh_l(\d+)", name))}
        found.append(
            RecurrentStack(
                path,
                row.kind,
                first[-1],
                hidden[0][-1],
                max(len(levels), 1),
                any(name.endswith("_reverse") for name in mine),
                any(name.startswith("bias") for name in mine),
            )
        )
    return found


def open_and_orthogonal(seen: ProgramSeen) -> CodeLines | None:
    """Both biases of a gate are added up: one of them is filled, the other cleared."""
    long = bool(recurrent_paths(seen, LONG))
    code = OPEN_LSTM if long else orthogonal_code(seen)
    expect = "gradients that differ little from the first recurrent layer to the last one"
    return CodeLines(MODEL, code, expect) if code else None


def fewer_layers(seen: ProgramSeen) -> CodeLines | None:
    """Built anew with two; None where none has more."""
    parts = []
    for stack in recurrent_stacks(seen):
        if stack.layers <= SHALLOW or stack.kind not in MODULES:
            continue
        more = f", num_layers={SHALLOW}, batch_first=rnn.batch_first, dropout=rnn.dropout"
        more += ", bidirectional=True" if stack.both else ""
        more += "" if stack.bias else ", bias=False"
        more += ", nonlinearity=rnn.nonlinearity" if stack.kind in PLAIN else ""
        there = "" if seen.device == "cpu" else f".to({seen.device!r})"
        parts += [
            f"rnn = model.get_submodule({stack.path!r})  # of {stack.layers} layers",
            f"new = torch.nn.{stack.kind}({stack.inputs}, {stack.width}{more}){there}",
            f"model.set_submodule({stack.path!r}, new)",
        ]
    expect = "a loss that leaves guessing behind; a skip connection adds what a layer was given"
    return CodeLines(MODEL, joined(*parts), expect) if parts else None


def normed_outputs(seen: ProgramSeen) -> CodeLines | None:
    """LayerNorm over what comes out at each time step; the state that is handed on is left alone."""
    parts = []
    for stack in recurrent_stacks(seen):
        if stack.kind not in MODULES:
            continue
        width = stack.width * (2 if stack.both else 1)
        there = "" if seen.device == "cpu" else f".to({seen.device!r})"
        parts += [
            f"rnn = model.get_submodule({stack.path!r})",
            f"rnn.norm = torch.nn.LayerNorm({width}){there}",
            "rnn.register_forward_hook(lambda rnn, _, out: (rnn.norm(out[0]), *out[1:]))",
        ]
    if not parts:
        return None
    code = joined("# where it is given tensors, not packed sequences", *parts)
    return CodeLines(
        MODEL, code, "outputs of one size, whatever the recurrent weights make of them"
    )


OPEN_GATES = Remedy(
    id="open_gates",
    text=("start the forget gates open (bias 1), and the recurrent weights orthogonal"),
    code=open_and_orthogonal,
    source=(
        "Jozefowicz, Zaremba and Sutskever, 2015, ICML; Saxe, McClelland and Ganguli, 2014, "
        "arXiv:1312.6120"
    ),
)
FEWER_RECURRENT_LAYERS = Remedy(
    id="fewer_recurrent_layers",
    text=("stack fewer recurrent layers, or put skip connections around them"),
    code=fewer_layers,
    source=("Wu et al., 2016, arXiv:1609.08144"),
)
NORMED_OUTPUTS = Remedy(
    id="normed_outputs",
    text=("normalise the outputs of the recurrent layers (LayerNorm)"),
    code=normed_outputs,
    source=("Ba, Kiros and Hinton, 2016, arXiv:1607.06450"),
)
