"""Other activations in place of those that were seen."""

from collections.abc import Sequence
from itertools import pairwise

from gradtui.core.layout import RowInfo
from gradtui.doctor.program_seen import ProgramSeen
from gradtui.doctor.remedies.code.fragments import (
    block,
    each_layer,
    fill_bias,
    joined,
    quoted,
)
from gradtui.doctor.remedies.code.learning_rate import overshoot, set_lr
from gradtui.doctor.remedies.code.prescription import MODEL, OPTIMIZER
from gradtui.doctor.remedies.code.weights import ZERO_BIAS, all_matrices, init_code
from gradtui.doctor.remedy import CodeLines, Remedy

MODULES = {
    "sigmoid": "Sigmoid",
    "hardsigmoid": "Hardsigmoid",
    "softsign": "Softsign",
    "tanh": "Tanh",
    "hardtanh": "Hardtanh",
    "relu": "ReLU",
    "relu6": "ReLU6",
    "softplus": "Softplus",
    "gelu": "GELU",
    "silu": "SiLU",
    "elu": "ELU",
    "leaky_relu": "LeakyReLU",
    "mish": "Mish",
    "hardswish": "Hardswish",
}
"""As a row has it, which is also what the function is called -> the class in torch.nn."""
SQUASHING = ("sigmoid", "hardsigmoid", "softsign", "hardtanh", "softplus")
"""Flat at its ends, or off centre: of slope at most 1/4, or of outputs that are all of one sign."""
RECTIFIED = ("relu", "relu6")

REPLACE = block("""
    for name, part in list(model.named_modules(remove_duplicate=False)):{where}
        if {test}:
            model.set_submodule(name, {new})
""")
SWAP = block("""
    for part in list(model.modules()):{where}
        for name, value in [*part._modules.items(), *vars(part).items()]:
            called = getattr(value, "__name__", "")  # for a function that the model keeps
            if {test}:
                setattr(part, name, {new})
    # where forward() itself says F.{old}(x) or torch.{old}(x): {function} there, by hand
""")
OUTPUT = "output = list(model.modules())[-1]  # if it is one, it is the output's own and stays"
ALIKE = "the first layer's gradient within a factor of a hundred of the last one's"
ANSWERED = "no layer whose gradient is exactly zero"
FUSED = block("""
    for block in model.modules():
        block.activation_relu_or_gelu = 0  # torch's Transformer layers fuse theirs in eval()
""")


def swap(seen: ProgramSeen, old: Sequence[str], new: str, function: str) -> str:
    """Lines that put the module `new` where one of `old` is; `function` is what to write for it.
    Where the graph did not tell which there are, any of `old`, but the last module of the model."""
    there = [word for word in old if word in seen.words]
    rows = [row for row in seen.all_rows[:-1] if row.activation in there]
    own = not there or seen.all_rows[-1].activation in there
    words = there or list(old)
    kinds = ", ".join(f"torch.nn.{MODULES[word]}" for word in words)
    modules = _in_stacks(seen, rows)
    it = "part" if modules else "value"
    test = f"isinstance({it}, {kinds if len(words) == 1 else 'old'})"
    if not modules:
        called = f"== {words[0]!r}" if len(words) == 1 else f"in {tuple(words)!r}"
        test = f"{test} or called {called}"
        test = f"({test})" if own else test
    code = (REPLACE if modules else SWAP).format(
        where=f"  # {' or '.join(there)} after {quoted([r.name for r in rows])}" if rows else "",
        test=f"{it} is not output and {test}" if own else test,
        new=new,
        old=words[0],
        function=function,
    )
    return joined(
        OUTPUT if own else "",
        f"old = ({kinds})" if len(words) > 1 else "",
        code,
        FUSED if seen.attention and not modules else "",
    )


def _in_stacks(seen: ProgramSeen, rows: Sequence[RowInfo]) -> bool:
    """Whether a number is left out behind each of these layers: '0', '2', '4' of one stack. Then it
    is modules that stand there, and not functions that forward() calls."""
    used = {seen.path(row) for row in seen.facts.layout.rows}
    for row in rows:
        stack, dot, leaf = seen.path(row).rpartition(".")
        if not (leaf.isdecimal() and leaf.isascii()):
            return False
        numbers = {path.removeprefix(stack + dot).partition(".")[0] for path in used}
        later = sorted(int(n) for n in numbers if n.isdecimal() and int(n) > int(leaf))
        if not later or all(b == a + 1 for a, b in pairwise([int(leaf), *later])):
            return False
    return bool(rows)


def steep_activation(seen: ProgramSeen) -> CodeLines:
    """ReLU in place of what squashes, and the weights that go with it. What is steep already only
    gets its weights; in a net through time, whose gates are no modules, what is not known stays."""
    old = tuple(word for word in seen.words if word in SQUASHING)
    if not seen.words and not seen.sequences:
        old = ("sigmoid", "tanh", "softsign")
    made = swap(seen, old, "torch.nn.ReLU()", "torch.relu(x)") if old else ""
    weights = init_code(seen, "relu" if old else seen.activation)
    if seen.attention:
        weights = "" if old else all_matrices(seen)
    return CodeLines(MODEL, joined(made, weights), ALIKE)


def orthogonal_tanh(seen: ProgramSeen) -> CodeLines:
    """Orthogonal weights keep every direction of a signal at its length, and tanh nearly does; ReLU
    takes half of them at each layer."""
    old = seen.words or ("sigmoid", "softsign", "relu")
    old = tuple(word for word in old if word in MODULES and word != "tanh")
    made = swap(seen, old, "torch.nn.Tanh()", "torch.tanh(x)") if old else ""
    bias = fill_bias(seen, ZERO_BIAS)
    weights = each_layer(seen, joined("torch.nn.init.orthogonal_(layer.weight)", bias))
    return CodeLines(MODEL, joined(made, weights), ALIKE)


def leaky_activation(seen: ProgramSeen) -> CodeLines:
    """A slope on the negative side as well; and shorter steps, where steps put the units there."""
    killed = ((OPTIMIZER, set_lr(seen, overshoot(seen))),)
    return CodeLines(MODEL, _leaky(seen), ANSWERED, also=() if seen.from_start else killed)


def leaky_and_sound_start(seen: ProgramSeen) -> CodeLines:
    """Off the negative side as well, where the first weights put the units there."""
    return CodeLines(MODEL, joined(_leaky(seen), init_code(seen, "relu")), ANSWERED)


def _leaky(seen: ProgramSeen) -> str:
    return swap(seen, RECTIFIED, "torch.nn.LeakyReLU(0.1)", "F.leaky_relu(x, 0.1)")


STEEP_ACTIVATION = Remedy(
    id="steep_activation",
    text=(
        "use an activation whose slope is near 1 (ReLU with He, tanh with Xavier initialisation)"
    ),
    code=steep_activation,
    source=("Glorot and Bengio, 2010, AISTATS; He et al., 2015, arXiv:1502.01852"),
)
ORTHOGONAL_TANH = Remedy(
    id="orthogonal_tanh",
    text=(
        "use tanh with orthogonal first weights: they keep a signal's length through many layers"
    ),
    code=orthogonal_tanh,
    source=(
        "Saxe, McClelland and Ganguli, 2014, arXiv:1312.6120; Pennington, Schoenholz and "
        "Ganguli, 2017, arXiv:1711.04735"
    ),
)
LEAKY_ACTIVATION = Remedy(
    id="leaky_activation",
    text=("use LeakyReLU, GELU or ELU: they pass a gradient on the negative side"),
    code=leaky_activation,
    source=(
        "Maas, Hannun and Ng, 2013, ICML; Clevert, Unterthiner and Hochreiter, 2016, "
        "arXiv:1511.07289; Hendrycks and Gimpel, 2016, arXiv:1606.08415"
    ),
)
LEAKY_AND_FITTING_INIT = Remedy(
    id="leaky_and_fitting_init",
    text=("use LeakyReLU, GELU or ELU, and start biases at zero, weights with He initialisation"),
    code=leaky_and_sound_start,
    source=(
        "Maas, Hannun and Ng, 2013, ICML; Clevert, Unterthiner and Hochreiter, 2016, "
        "arXiv:1511.07289; Hendrycks and Gimpel, 2016, arXiv:1606.08415; He et al., 2015, "
        "arXiv:1502.01852"
    ),
)
