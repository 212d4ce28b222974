"""What two keys say together: combinations that could not run, or where a key would do nothing.

Each check is a small generator of complaints about a Setup; a new rule is a new function in CHECKS.
"""

from collections.abc import Callable, Iterator

from gradtui.lab.scenario.schema import Setup
from gradtui.lab.scenario.values import Place

RECURRENT = ("rnn", "lstm", "gru")
SYNTHETIC = ("memory", "noise", "teacher", "swiss_roll")
DIGIT_EXAMPLES = 1797
DIGIT_ROWS = 8
HEADS = 4

DATA_OF = {
    "mlp": ("digits", "noise", "teacher"),
    "cnn": ("digits",),
    "rnn": ("memory", "digit_rows"),
    "lstm": ("memory", "digit_rows"),
    "gru": ("memory", "digit_rows"),
    "critic": ("swiss_roll",),
    "transformer": ("digit_rows",),
    "two_layer": ("noise", "teacher"),
}
NORMS_OF = {
    "mlp": ("none", "batch", "layer", "group", "rms"),
    "cnn": ("none", "batch", "layer", "group"),
    "critic": ("none", "batch", "layer", "group", "rms", "spectral"),
    "transformer": ("none", "layer", "rms"),
}
MOST_PARAMETERS = 50_000_000
MOST_VALUES = 200_000_000
"""About 1 GB in float32: a scenario is a lesson and has to fit beside other work."""

Complaints = Iterator[str]


def check_setup(setup: Setup, place: Place) -> None:
    """Refuse a setup whose keys contradict each other, with the first complaint."""
    for check in CHECKS:
        for complaint in check(setup):
            raise place.refused(complaint)


def data_suits_model(setup: Setup) -> Complaints:
    kind, name = setup.model.kind, setup.data.name
    if name not in DATA_OF[kind]:
        yield (
            f"[model] kind = '{kind}' needs [data] name = {_either(DATA_OF[kind])}, not '{name}'."
        )


def norm_suits_model(setup: Setup) -> Complaints:
    kind, norm = setup.model.kind, setup.model.norm
    allowed = NORMS_OF.get(kind, ("none",))
    if norm not in allowed:
        yield f"[model] norm = {_either(allowed)} with kind = '{kind}', not '{norm}'."
    if norm == "batch" and min(setup.data.batch_size, _examples(setup)) == 1:
        yield "[model] norm = 'batch' needs a [data] batch_size of at least 2."
    if setup.model.norm_place == "pre" and kind != "transformer":
        yield f"[model] norm_place = 'pre' is for kind = 'transformer' only, not '{kind}'."


def activation_suits_model(setup: Setup) -> Complaints:
    kind, activation = setup.model.kind, setup.model.activation
    if kind == "rnn" and activation not in ("tanh", "relu"):
        yield f"[model] activation = 'tanh' or 'relu' with kind = 'rnn', not '{activation}'."
    if kind == "transformer" and activation == "maxout":
        yield "[model] activation = 'maxout' is not for kind = 'transformer': take 'gelu'."
    if kind == "two_layer" and activation != "relu":
        yield f"[model] activation = 'relu' with kind = 'two_layer', not '{activation}'."


def shape_suits_model(setup: Setup) -> Complaints:
    model = setup.model
    if model.kind == "transformer" and model.width % HEADS:
        yield f"[model] width must be a multiple of {HEADS} (attention heads), not {model.width}."
    if model.residual and model.kind not in ("mlp", "cnn", "critic"):
        yield f"[model] residual is for kind = 'mlp', 'cnn' or 'critic', not '{model.kind}'."
    if model.branch_scale != 1.0 and not model.residual:
        yield "[model] branch_scale does nothing without residual = true."
    if model.bias is not None and model.kind in (*RECURRENT, "two_layer"):
        yield f"[model] bias is not for kind = '{model.kind}': leave it out."


def init_is_used(setup: Setup) -> Complaints:
    model = setup.model
    if model.kind == "two_layer" and model.init != "default":
        yield "[model] kind = 'two_layer' always starts from N(0, 1): leave init out."
    if model.init_mode == "fan_out" and not model.init.startswith(("he_", "lecun_")):
        yield f"[model] init_mode = 'fan_out' does nothing with init = '{model.init}'."


def recurrent_keys(setup: Setup) -> Complaints:
    model = setup.model
    if model.kind not in RECURRENT:
        if model.recurrent_scale is not None:
            yield f"[model] recurrent_scale is for rnn, lstm and gru only, not '{model.kind}'."
        if model.truncate:
            yield f"[model] truncate is for rnn, lstm and gru only, not '{model.kind}'."
        return
    length = setup.data.length if setup.data.name == "memory" else DIGIT_ROWS
    if model.truncate >= length:
        yield f"[model] truncate must be below the {length} time steps, not {model.truncate}."


def keys_of_one_model(setup: Setup) -> Complaints:
    model = setup.model
    if model.forget_bias is not None and model.kind != "lstm":
        yield f"[model] forget_bias is for kind = 'lstm' only, not '{model.kind}'."
    if model.gradient_penalty and model.kind != "critic":
        yield f"[model] gradient_penalty is for kind = 'critic' only, not '{model.kind}'."


def momentum_is_used(setup: Setup) -> Complaints:
    kind, momentum = setup.optimizer.kind, setup.optimizer.momentum
    if momentum and kind not in ("sgd", "rmsprop"):
        yield f"[optimizer] momentum is for sgd and rmsprop, not '{kind}': set it to 0."


def loss_scale_is_used(setup: Setup) -> Complaints:
    kind = setup.precision.kind
    if setup.precision.loss_scale is not None and kind not in ("float16", "amp_float16"):
        yield (
            f"[precision] loss_scale is for float16 and amp_float16, not '{kind}': "
            'leave it out, or set it to "none" in a remedy.'
        )


def fits_in_memory(setup: Setup) -> Complaints:
    model, data = setup.model, setup.data
    layers = 1 if model.kind in (*RECURRENT, "two_layer") else model.depth
    window = {"cnn": 9, "transformer": 8, "lstm": 8, "gru": 6, "rnn": 2}.get(model.kind, 1)
    inputs = data.features + data.outputs if data.name in ("noise", "teacher") else 0
    parameters = layers * window * model.width**2 + model.width * inputs
    if parameters > MOST_PARAMETERS:
        yield (
            f"[model] width {model.width} and depth {model.depth} make about {parameters:.0e} "
            f"parameters; at most {MOST_PARAMETERS:.0e} are allowed."
        )
    places = {"cnn": 64, "transformer": 8}.get(model.kind, 1)
    if model.kind in RECURRENT:
        places = data.length if data.name == "memory" else DIGIT_ROWS
    batch = min(data.batch_size, _examples(setup))
    if layers * places * model.width * batch > MOST_VALUES:
        yield "[data] batch_size times [model] depth and width is too large: make one smaller."
    one = {"memory": data.length * 8, "swiss_roll": 4}.get(data.name, inputs)
    if data.examples * one > MOST_VALUES:
        yield f"[data] {data.examples} examples of {one} numbers are too many: make one smaller."


CHECKS: tuple[Callable[[Setup], Complaints], ...] = (
    data_suits_model,
    norm_suits_model,
    activation_suits_model,
    shape_suits_model,
    init_is_used,
    recurrent_keys,
    keys_of_one_model,
    momentum_is_used,
    loss_scale_is_used,
    fits_in_memory,
)


def _examples(setup: Setup) -> int:
    return setup.data.examples if setup.data.name in SYNTHETIC else DIGIT_EXAMPLES


def _either(words: tuple[str, ...]) -> str:
    quoted = [f"'{word}'" for word in words]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"
