"""A router of experts that has no gradient, while its experts have theirs."""

from collections import defaultdict
from collections.abc import Iterator

from gradtui.core import wiring as W
from gradtui.core.layout import BoolArray, Layout, TensorInfo
from gradtui.core.module_lists import module_lists
from gradtui.core.symptom import Severity
from gradtui.doctor import thresholds as T
from gradtui.doctor.finding import Finding
from gradtui.doctor.reading import Reading
from gradtui.doctor.remedies import choices
from gradtui.doctor.rules.miswired import SYMPTOM
from gradtui.doctor.rules.parts_cut_off import much_is_left, trained, without_gradient
from gradtui.doctor.words import norm

TORCHS = ("Conv", "LazyConv", "Bilinear")
"""Kinds of torch's own layers whose weights have three dimensions."""


def router_cut_off(reading: Reading) -> Finding | None:
    """Beside n modules of a list, which are alike, lie side by side in the graph and get gradients, or beside
    the weights of n experts in one tensor, a layer with n outputs that is to be trained, has had no gradient
    at any step and is what it was: it is to choose among them, and cannot learn to.

    Routers that are not meant to learn are frozen, or in no optimizer; those that learn in another way
    change.
    """
    if reading.blind or reading.part < 1 or reading.converged or reading.seen < T.MISWIRED_STEPS:
        return None
    layout = reading.facts.layout
    side_by_side = dict(reading.facts.info.wiring).get(W.PARALLEL_MODULES, "").split(", ")
    idle = without_gradient(reading) & trained(reading)
    for (place, name), experts in module_lists(layout).items():
        if f"{place}{name}" not in side_by_side:
            continue
        router = _router(layout, place, len(experts), idle)
        if router is None or not all(any(not idle[at] for at in mine) for mine in experts):
            continue
        return _finding(reading, router, f"{len(experts)} modules")
    # What chooses among those by a hash is a layer of no other kind: it does no harm where it does not.
    for place, count in _stacked(layout, idle) if _left(reading) else ():
        router = _router(layout, place, count, idle)
        if router is not None:
            return _finding(reading, router, f"weights of {count} experts")
    return None


def _left(reading: Reading) -> bool:
    """Whether a good part is still to be learned: of what the mean costs, where that is known, since a first
    loss may be far above it."""
    mean = reading.facts.info.mean_loss
    if mean and not reading.signed and reading.seen >= T.CUT_OFF_STEPS:
        return reading.loss > T.ROUTED_LEFT * mean
    return much_is_left(reading)


def _finding(reading: Reading, router: int, beside: str) -> Finding:
    layout = reading.facts.layout
    row, count = layout.tensors[router].row, layout.tensors[router].shape[0]
    name = layout.tensors[router].name.rpartition(".")[0]
    return Finding(
        SYMPTOM,
        Severity.WARNING,
        int(reading.facts.steps[0]),
        f"{name} has {count} outputs, is to be trained, and has had no gradient at any of "
        f"{reading.seen:,} steps, while the {beside} beside it have theirs; the loss is "
        f"{norm(reading.loss)} (first {norm(reading.start_loss)})",
        f"the way back to {name}, which chooses among them, is cut: it runs under no_grad() or "
        "detached, or its choice (argmax, topk, one_hot) has no gradient and nothing is multiplied by "
        "its probabilities; which expert gets what stays as it was drawn",
        choices.ROUTER_CUT_OFF,
        (row,),
        reading.names([row]),
    )


def _stacked(layout: Layout, idle: BoolArray) -> Iterator[tuple[str, int]]:
    """The place of a module of somebody's own that has the weights of all experts in one tensor [experts, in,
    out] with a gradient, and how many there are."""
    for at, tensor in enumerate(layout.tensors):
        own = not layout.rows[tensor.row].kind.startswith(TORCHS)
        if own and len(tensor.shape) == 3 and tensor.shape[0] > 1 and not idle[at]:
            owner = tensor.name.rpartition(".")[0]
            yield f"{owner}." if owner else "", tensor.shape[0]


def _router(layout: Layout, place: str, count: int, idle: BoolArray) -> int | None:
    """The weight of so many outputs in another module of that place, none of whose tensors has a gradient."""
    modules: dict[str, list[int]] = defaultdict(list)
    for at, tensor in enumerate(layout.tensors):
        inside = tensor.name.removeprefix(place)
        if tensor.name.startswith(place) and "." in inside:
            modules[inside.partition(".")[0]].append(at)
    for mine in modules.values():
        flat = [at for at in mine if _matrix(layout.tensors[at])]
        if flat and all(idle[at] for at in mine) and layout.tensors[flat[-1]].shape[0] == count:
            return flat[-1]
    return None


def _matrix(tensor: TensorInfo) -> bool:
    return tensor.role == "weight" and len(tensor.shape) == 2
