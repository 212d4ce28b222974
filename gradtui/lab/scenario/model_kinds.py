"""Model kinds as scenario files know them: what each goes with. What builds them is in
lab/models/build.py; this here needs no torch."""

from dataclasses import dataclass

from gradtui.lab.data.data_set import Form
from gradtui.lab.data.registry import DATA

HEADS = 4
"""Attention heads of a Transformer."""


@dataclass(frozen=True, slots=True)
class ModelKind:
    """`takes`: the form of an example; `norms` between its layers."""

    name: str
    takes: tuple[Form, ...]
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

    @property
    def data(self) -> tuple[str, ...]:
        """The data sets that it can be trained on."""
        return tuple(name for name, data in DATA.items() if data.form in self.takes)


MODEL_KINDS: tuple[ModelKind, ...] = (
    ModelKind(
        "mlp",
        ("image", "vector"),
        ("none", "batch", "layer", "group", "rms"),
        residual=True,
        stack=True,
    ),
    ModelKind(
        "cnn",
        ("image",),
        ("none", "batch", "layer", "group"),
        residual=True,
        stack=True,
        window=9,
        places=64,
    ),
    ModelKind(
        "rnn",
        ("sequence", "eight steps"),
        activations=("tanh", "relu"),
        deep=False,
        bias=False,
        recurrent=True,
        window=2,
    ),
    ModelKind(
        "lstm",
        ("sequence", "eight steps"),
        deep=False,
        bias=False,
        recurrent=True,
        forget_bias=True,
        window=8,
    ),
    ModelKind("gru", ("sequence", "eight steps"), deep=False, bias=False, recurrent=True, window=6),
    ModelKind(
        "critic",
        ("points and fakes",),
        ("none", "batch", "layer", "group", "rms", "spectral"),
        residual=True,
        gradient_penalty=True,
    ),
    ModelKind(
        "transformer",
        ("eight steps",),
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
        ("vector",),
        activations=("relu",),
        deep=False,
        bias=False,
        own_init="N(0, 1)",
    ),
)
KIND = {kind.name: kind for kind in MODEL_KINDS}
