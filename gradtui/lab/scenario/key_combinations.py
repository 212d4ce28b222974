"""What two keys say together: combinations that could not run, or where a key would do nothing.

Each check is a small generator of complaints about a Setup; a new rule is a new function in CHECKS.
"""

from collections.abc import Callable, Iterable, Iterator

from gradtui.lab.data.registry import DATA
from gradtui.lab.scenario.model_kinds import KIND, MODEL_KINDS, ModelKind
from gradtui.lab.scenario.schema import Setup
from gradtui.lab.scenario.values import Place

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
    kind, name = _kind(setup), setup.data.name
    if name not in kind.data:
        yield f"[model] kind = '{kind.name}' needs [data] name = {_either(kind.data)}, not '{name}'."


def norm_suits_model(setup: Setup) -> Complaints:
    kind, norm = _kind(setup), setup.model.norm
    if norm not in kind.norms:
        yield f"[model] norm = {_either(kind.norms)} with kind = '{kind.name}', not '{norm}'."
    if norm == "batch" and min(setup.data.batch_size, _examples(setup)) == 1:
        yield "[model] norm = 'batch' needs a [data] batch_size of at least 2."
    if setup.model.norm_place == "pre" and not kind.pre_norm:
        able = _either(k.name for k in MODEL_KINDS if k.pre_norm)
        yield f"[model] norm_place = 'pre' is for kind = {able} only, not '{kind.name}'."


def activation_suits_model(setup: Setup) -> Complaints:
    kind, activation = _kind(setup), setup.model.activation
    if kind.activations and activation not in kind.activations:
        able = _either(kind.activations)
        yield f"[model] activation = {able} with kind = '{kind.name}', not '{activation}'."
    instead = dict(kind.unsuited).get(activation)
    if instead is not None:
        yield (
            f"[model] activation = '{activation}' is not for kind = '{kind.name}': take '{instead}'."
        )


def shape_suits_model(setup: Setup) -> Complaints:
    model, kind = setup.model, _kind(setup)
    if model.width % kind.multiple:
        many = f"{kind.multiple} ({kind.multiple_of})"
        yield f"[model] width must be a multiple of {many}, not {model.width}."
    if model.residual and not kind.residual:
        able = _either(k.name for k in MODEL_KINDS if k.residual)
        yield f"[model] residual is for kind = {able}, not '{kind.name}'."
    if model.branch_scale != 1.0 and not model.residual:
        yield "[model] branch_scale does nothing without residual = true."
    if model.bias is not None and not kind.bias:
        yield f"[model] bias is not for kind = '{kind.name}': leave it out."


def init_is_used(setup: Setup) -> Complaints:
    model, kind = setup.model, _kind(setup)
    if kind.own_init and model.init != "default":
        yield f"[model] kind = '{kind.name}' always starts from {kind.own_init}: leave init out."
    if model.init_mode == "fan_out" and not model.init.startswith(("he_", "lecun_")):
        yield f"[model] init_mode = 'fan_out' does nothing with init = '{model.init}'."


def recurrent_keys(setup: Setup) -> Complaints:
    model, kind = setup.model, _kind(setup)
    if not kind.recurrent:
        names = [k.name for k in MODEL_KINDS if k.recurrent]
        able = f"{', '.join(names[:-1])} and {names[-1]}"
        if model.recurrent_scale is not None:
            yield f"[model] recurrent_scale is for {able} only, not '{kind.name}'."
        if model.truncate:
            yield f"[model] truncate is for {able} only, not '{kind.name}'."
        return
    length = _steps(setup)
    if model.truncate >= length:
        yield f"[model] truncate must be below the {length} time steps, not {model.truncate}."


def keys_of_one_model(setup: Setup) -> Complaints:
    model, kind = setup.model, _kind(setup)
    if model.forget_bias is not None and not kind.forget_bias:
        able = _either(k.name for k in MODEL_KINDS if k.forget_bias)
        yield f"[model] forget_bias is for kind = {able} only, not '{kind.name}'."
    if model.gradient_penalty and not kind.gradient_penalty:
        able = _either(k.name for k in MODEL_KINDS if k.gradient_penalty)
        yield f"[model] gradient_penalty is for kind = {able} only, not '{kind.name}'."


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
    model, data, kind, drawn = setup.model, setup.data, _kind(setup), DATA[setup.data.name]
    layers = model.depth if kind.deep else 1
    window = kind.window
    inputs = data.features + data.outputs if drawn.numbers < 0 else 0
    parameters = layers * window * model.width**2 + model.width * inputs
    if parameters > MOST_PARAMETERS:
        yield (
            f"[model] width {model.width} and depth {model.depth} make about {parameters:.0e} "
            f"parameters; at most {MOST_PARAMETERS:.0e} are allowed."
        )
    places = _steps(setup) if kind.recurrent else kind.places
    batch = min(data.batch_size, _examples(setup))
    if layers * places * model.width * batch > MOST_VALUES:
        yield "[data] batch_size times [model] depth and width is too large: make one smaller."
    one = inputs or drawn.numbers or drawn.numbers_a_step * _steps(setup)
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


def _kind(setup: Setup) -> ModelKind:
    return KIND[setup.model.kind]


def _examples(setup: Setup) -> int:
    return DATA[setup.data.name].examples or setup.data.examples


def _steps(setup: Setup) -> int:
    """Time steps of the data."""
    steps = DATA[setup.data.name].steps
    return setup.data.length if steps < 0 else steps


def _either(words: Iterable[str]) -> str:
    quoted = [f"'{word}'" for word in words]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"
