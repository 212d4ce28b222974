"""Model kinds and data sets as scenario files know them: what each goes with. What builds them is in
lab/models/build.py and lab/data/tasks.py; this here needs no torch."""

from dataclasses import dataclass

DIGIT_EXAMPLES = 1797
DIGIT_ROWS = 8
HEADS = 4
"""Attention heads of a Transformer."""


@dataclass(frozen=True, slots=True)
class ModelKind:
    """`data` it can be trained on; `norms` between its layers."""

    name: str
    data: tuple[str, ...]
    norms: tuple[str, ...] = ("none",)
    activations: tuple[str, ...] = ()
    """Those that it takes; all, where none is named."""
    unsuited: tuple[tuple[str, str], ...] = ()
    """Activations that it does not take, and what to take in place of each."""
    deep: bool = True
    """It has `depth` layers; else one, whatever the depth."""
    residual: bool = False
    """It may have skip connections."""
    bias: bool = True
    """Whether its layers have a bias can be chosen."""
    own_init: str = ""
    """How it always starts, where that cannot be chosen."""
    recurrent: bool = False
    """Its layers are applied once for each time step."""
    pre_norm: bool = False
    """Its norms may stand before its branches."""
    multiple: int = 1
    """What its width must be a multiple of, and of what they are, in words."""
    multiple_of: str = ""
    forget_bias: bool = False
    gradient_penalty: bool = False
    stack: bool = False
    """Without norms and skips it is a plain stack of layers, of which theory tells."""
    window: int = 1
    """Matrices of width x width in each layer."""
    places: int = 1
    """Positions that each layer is applied at; of a recurrent one the time steps count."""


@dataclass(frozen=True, slots=True)
class DataSet:
    """`examples` there are, 0 where the scenario says how many are drawn."""

    name: str
    examples: int = 0
    steps: int = 0
    """Time steps; -1: the scenario's `length`."""
    numbers: int = 0
    """Of one example; -1: `features` and `outputs`, as the scenario has them."""
    numbers_a_step: int = 0


MODEL_KINDS: tuple[ModelKind, ...] = (
    ModelKind(
        "mlp",
        ("digits", "noise", "teacher"),
        ("none", "batch", "layer", "group", "rms"),
        residual=True,
        stack=True,
    ),
    ModelKind(
        "cnn",
        ("digits",),
        ("none", "batch", "layer", "group"),
        residual=True,
        stack=True,
        window=9,
        places=64,
    ),
    ModelKind(
        "rnn",
        ("memory", "digit_rows"),
        activations=("tanh", "relu"),
        deep=False,
        bias=False,
        recurrent=True,
        window=2,
    ),
    ModelKind(
        "lstm",
        ("memory", "digit_rows"),
        deep=False,
        bias=False,
        recurrent=True,
        forget_bias=True,
        window=8,
    ),
    ModelKind("gru", ("memory", "digit_rows"), deep=False, bias=False, recurrent=True, window=6),
    ModelKind(
        "critic",
        ("swiss_roll",),
        ("none", "batch", "layer", "group", "rms", "spectral"),
        residual=True,
        gradient_penalty=True,
    ),
    ModelKind(
        "transformer",
        ("digit_rows",),
        ("none", "layer", "rms"),
        unsuited=(("maxout", "gelu"),),
        pre_norm=True,
        multiple=HEADS,
        multiple_of="attention heads",
        window=8,
        places=8,
    ),
    ModelKind(
        "two_layer",
        ("noise", "teacher"),
        activations=("relu",),
        deep=False,
        bias=False,
        own_init="N(0, 1)",
    ),
)
DATA_SETS: tuple[DataSet, ...] = (
    DataSet("digits", DIGIT_EXAMPLES),
    DataSet("digit_rows", DIGIT_EXAMPLES, steps=DIGIT_ROWS),
    DataSet("memory", steps=-1, numbers_a_step=8),
    DataSet("noise", numbers=-1),
    DataSet("teacher", numbers=-1),
    DataSet("swiss_roll", numbers=4),
)
KIND = {kind.name: kind for kind in MODEL_KINDS}
DATA = {data.name: data for data in DATA_SETS}
