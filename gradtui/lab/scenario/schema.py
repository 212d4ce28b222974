"""What a scenario may say. Each field documents itself: type, range or choices, default."""

from dataclasses import dataclass, field
from typing import Any

from gradtui.core.symptom import VERDICTS
from gradtui.lab.data.registry import DATA
from gradtui.lab.scenario.model_kinds import KIND

ACTIVATIONS = (
    "sigmoid",
    "scaled_sigmoid",
    "tanh",
    "relu",
    "leaky_relu",
    "prelu",
    "elu",
    "selu",
    "gelu",
    "swish",
    "relu6",
    "maxout",
    "identity",
)
INITS = (
    "default",
    "xavier_uniform",
    "xavier_normal",
    "he_uniform",
    "he_normal",
    "lecun_normal",
    "orthogonal",
    "normal",
)
NORMS = ("none", "batch", "layer", "group", "rms", "spectral")
MODELS = tuple(KIND)
OPTIMIZERS = ("sgd", "adagrad", "rmsprop", "adam", "adamw")
PRECISIONS = ("float32", "float64", "float16", "bfloat16", "amp_float16", "amp_bfloat16")
DATASETS = tuple(DATA)
LENGTH_OF = ", ".join(name for name, data in DATA.items() if data.steps < 0)
NUMBERS_OF = ", ".join(name for name, data in DATA.items() if data.numbers < 0)
"""Data sets of which a scenario says how long, or how large, an example is."""


def choice(default: str, allowed: tuple[str, ...], doc: str, *, required: bool = False) -> Any:
    metadata = {"allowed": allowed, "doc": doc, "required": required}
    return field(default=default, metadata=metadata)


def number(default: Any, low: float, high: float, doc: str) -> Any:
    """A number in [low, high]; the default may be None for "not set"."""
    return field(default=default, metadata={"low": low, "high": high, "doc": doc})


def text(default: str, doc: str, *, required: bool = False) -> Any:
    return field(default=default, metadata={"doc": doc, "required": required})


def flag(default: bool | None, doc: str) -> Any:
    return field(default=default, metadata={"doc": doc})


@dataclass(frozen=True, slots=True)
class Data:
    name: str = choice("digits", DATASETS, "which data set")
    batch_size: int = number(64, 1, 4096, "examples a step")
    length: int = number(20, 1, 1000, f"time steps of a sequence ({LENGTH_OF})")
    features: int = number(10, 1, 10_000, f"inputs of one example ({NUMBERS_OF})")
    outputs: int = number(1, 1, 1000, f"targets of one example ({NUMBERS_OF})")
    examples: int = number(1024, 1, 100_000, "examples in a synthetic data set")
    target_scale: float = number(1.0, 1e-12, 1e12, "targets are multiplied by this")


@dataclass(frozen=True, slots=True)
class Model:
    kind: str = choice("mlp", MODELS, "which network")
    depth: int = number(8, 1, 1000, "hidden layers (blocks of a transformer)")
    width: int = number(64, 1, 4096, "units or channels of a hidden layer")
    activation: str = choice("relu", ACTIVATIONS, "nonlinearity of the hidden layers")
    init: str = choice("default", INITS, "distribution of the first weights")
    init_std: float = number(0.01, 0.0, 100.0, "standard deviation, for init = 'normal'")
    init_gain: float = number(1.0, 0.0, 100.0, "factor on the initial hidden weights")
    init_mode: str = choice("fan_in", ("fan_in", "fan_out"), "which fan the He initialisations use")
    bias: float | None = number(
        None, -1000.0, 1000.0, "every hidden bias starts at this; unset = as init"
    )
    norm: str = choice("none", NORMS, "normalisation of the hidden layers")
    norm_place: str = choice(
        "post", ("pre", "post"), "transformer: norm before or after the branch"
    )
    residual: bool = flag(False, "add each block's input to its output")
    branch_scale: float = number(1.0, 0.0, 10.0, "factor on the residual branch")
    recurrent_scale: float | None = number(
        None, 0.0, 100.0, "recurrent weights start at this times an orthogonal matrix"
    )
    forget_bias: float | None = number(None, -100.0, 100.0, "lstm: initial bias of the forget gate")
    gradient_penalty: float = number(0.0, 0.0, 1e4, "critic: weight of the gradient penalty")
    truncate: int = number(0, 0, 1000, "cut back-propagation through time every so many steps")


@dataclass(frozen=True, slots=True)
class Optimizer:
    kind: str = choice("sgd", OPTIMIZERS, "which optimizer")
    lr: float = number(0.1, 0.0, 1e6, "learning rate")
    momentum: float = number(0.0, 0.0, 1.0, "sgd and rmsprop: momentum")
    weight_decay: float = number(0.0, 0.0, 1e3, "L2 penalty (decoupled in adamw)")
    warmup: int = number(0, 0, 1_000_000, "steps over which the learning rate rises from 0")


@dataclass(frozen=True, slots=True)
class Clip:
    norm: float | None = number(
        None, 0.0, 1e12, "largest allowed total gradient norm; unset = no clipping"
    )
    value: float | None = number(
        None, 0.0, 1e12, "largest allowed gradient entry; unset = no clipping"
    )
    weights: float | None = number(
        None, 0.0, 1e6, "clamp weights to [-w, w] after each step (WGAN)"
    )


@dataclass(frozen=True, slots=True)
class Precision:
    kind: str = choice("float32", PRECISIONS, "arithmetic of model and gradients")
    loss_scale: float | None = number(
        None, 1e-6, 2.0**127, "initial loss scale; with amp_float16 a GradScaler adjusts it"
    )


@dataclass(frozen=True, slots=True)
class Setup:
    """All that decides a run. A remedy is an overlay on these tables and on nothing else."""

    data: Data = field(default_factory=Data)
    model: Model = field(default_factory=Model)
    optimizer: Optimizer = field(default_factory=Optimizer)
    clip: Clip = field(default_factory=Clip)
    precision: Precision = field(default_factory=Precision)


@dataclass(frozen=True, slots=True)
class ScenarioRemedy:
    title: str = text("", "what is changed, in a few words", required=True)
    expect: str = choice("healthy", VERDICTS, "the verdict that the treated run must reach")
    note: str = text("", "what to watch, or why the cure is only partial")
    set: dict[str, Any] = field(
        default_factory=dict, metadata={"doc": "the keys to change, by table"}
    )


@dataclass(frozen=True, slots=True)
class Scenario:
    name: str
    """File name without .toml; what the command line calls it."""
    title: str = text("", "the sickness in a few words", required=True)
    story: str = text("", "what to watch, in a few lines")
    expect: str = choice("healthy", VERDICTS, "the verdict that the run must reach", required=True)
    group: str = text("", "what kind of scenario it is, for the picker")
    setup: Setup = field(default_factory=Setup)
    steps: int = number(200, 1, 1_000_000, "optimizer steps of a run")
    seed: int = number(0, 0, 2**32 - 1, "seed of weights, data and batches")
    remedies: tuple[ScenarioRemedy, ...] = ()
    path: str = ""
    order: int = number(1000, 0, 1_000_000, "place in the list; scenarios of one order go by name")
