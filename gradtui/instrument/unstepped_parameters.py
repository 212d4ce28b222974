"""Parameters that a loss depends on and that nobody steps."""

from collections import Counter
from collections.abc import Sequence
from itertools import islice

from torch import Tensor, nn
from torch.optim import Optimizer

from gradtui.core.text import printable
from gradtui.core.wiring import LEFT_OUT, NOT_STEPPED, OTHERS_TRAINED, UNREGISTERED, Faults
from gradtui.instrument.module_tree import Owned, all_modules, covering, outermost, owned
from gradtui.nan_trace.live_objects import live_objects
from gradtui.nan_trace.module_walk import attributes, walk

NAMED = 3
LISTED = 10_000
"""Things in a plain list that are looked at, at most: it may hold a data set."""


def not_stepped(
    leaves: Sequence[Tensor], stepped: Sequence[Tensor], roots: Sequence[nn.Module]
) -> Faults:
    """`leaves` of the first graphs, less what the optimizers were given. Nothing is said of one that an
    optimizer may hold a copy of (master weights), but where none of them is stepped that is said."""
    held = {id(tensor) for tensor in stepped}
    reached = {id(leaf) for leaf in leaves}
    if not held & reached:
        return _others(leaves, stepped)
    copies = {tensor.numel() for tensor in stepped if id(tensor) not in reached}
    left = {id(leaf) for leaf in leaves if id(leaf) not in held and _own(leaf)}
    left -= {id(leaf) for leaf in leaves if leaf.numel() in copies}
    left -= _given() if left else set()
    if not left:
        return ()
    models = covering(outermost(roots), left) or covering(outermost(all_modules()), left)
    words = _named(models, left)
    if not words:
        return ()
    frozen = sum(_frozen(root) for root, _ in models)
    # Who takes care to freeze what is to stay does not mean what he has not frozen to stay.
    meant = (
        f"{words}: to be trained, and in no optimizer; {_tensors(frozen)} beside them are frozen"
    )
    told: Faults = ((LEFT_OUT, meant),) if frozen >= len(left) else ()
    held_by = covering(outermost(all_modules()), held & reached)
    return (NOT_STEPPED, words), *told, *_unregistered([root for root, _ in held_by], left)


def _unregistered(roots: Sequence[nn.Module], left: set[int]) -> Faults:
    """Modules that a model which is trained holds in a plain list, tuple or dict, so that it does not know of
    their parameters, which are among those that are left."""
    for root in roots:
        for path, module in walk(root):
            for name, held in attributes(module).items():
                if name.startswith("_") or type(held) not in (list, tuple, dict):
                    continue
                within = held.values() if type(held) is dict else held
                # Asked of types, as what stands in for something else may load it when asked itself.
                some = list(islice(within, LISTED))
                parts = [one for one in some if issubclass(type(one), nn.Module)]
                mine = {id(p.tensor) for part in parts for p in owned(part)} & left
                if not mine:
                    continue
                where = printable(f"{path}.{name}" if path else name)
                words = (
                    f"{where} is a plain {type(held).__name__} of {len(parts)} modules, which are not "
                    f"registered: the loss hangs on {_tensors(len(mine))} of theirs, which no optimizer has"
                )
                return ((UNREGISTERED, words),)
    return ()


def _others(leaves: Sequence[Tensor], stepped: Sequence[Tensor]) -> Faults:
    given = _given()
    own = {id(leaf) for leaf in leaves if _own(leaf)}
    if not own or own & given or not stepped:
        return ()
    count = len({id(tensor) for tensor in stepped})
    words = (
        f"the loss hangs on {_tensors(len(own))} in no optimizer, and on none of the {count} that an "
        "optimizer steps: it was given the parameters of another model (a copy, or one that was made anew)"
    )
    return ((OTHERS_TRAINED, words),)


def replaced(leaves: Sequence[Tensor], stepped: Sequence[Tensor]) -> Faults:
    """`leaves` of a later graph. Of the parameters that the optimizers hold some have no part in it and are
    in no module any more, while others of a module that they step are in no optimizer: a part of the model
    was made anew, and the optimizer was not."""
    held, reached = {id(tensor) for tensor in stepped}, {id(leaf) for leaf in leaves}
    left = {id(leaf) for leaf in leaves if id(leaf) not in held and _own(leaf)}
    gone = held - reached
    if not left or not gone:
        return ()
    modules = all_modules()
    gone -= {id(one) for module in modules for one in _direct(module)}
    left -= _given() if gone else left
    if not left or not gone:
        return ()
    if (
        not held & reached
    ):  # of a later part of the training, all of whose weights but these are frozen
        words = _named(covering(outermost(modules), left), left)
        whose = f"{_tensors(len(gone))} that an optimizer holds are in no module any more"
        told = f"the loss hangs on what is in no optimizer ({words}), and {whose}"
        return ((OTHERS_TRAINED, f"{told}: it was made before them"),) if words else ()
    models = [
        (root, parts)
        for root, parts in covering(outermost(modules), left | (held & reached))
        if {id(part.tensor) for part in parts} & left and {id(part.tensor) for part in parts} & held
    ]
    words = _named(models, left)
    if not words:
        return ()
    meant = (
        f"{words}: to be trained, and in no optimizer; {_tensors(len(gone))} that an optimizer holds are in "
        "no module any more"
    )
    return ((LEFT_OUT, meant),)


def _direct(module: nn.Module) -> list[Tensor]:
    held = attributes(module).get("_parameters") or {}
    return [tensor for tensor in held.values() if tensor is not None]


def _frozen(root: nn.Module) -> int:
    return len({id(one.tensor) for one in owned(root) if not one.tensor.requires_grad})


def _named(models: Sequence[tuple[nn.Module, list[Owned]]], left: set[int]) -> str:
    """What of them is left, by the first word of their names; "" where nothing is."""
    counts: Counter[str] = Counter()
    for _, parts in models:
        for key, name in {id(part.tensor): part.name for part in parts}.items():
            counts[name.partition(".")[0]] += key in left
    counts = +counts
    named = counts.most_common(NAMED)
    words = [f"{printable(name)}: {_tensors(count)}" for name, count in named]
    rest = sum(counts.values()) - sum(count for _, count in named)
    return ", ".join([*words, *([f"{_tensors(rest)} more"] if rest else [])])


def _own(leaf: Tensor) -> bool:
    """A parameter as its module holds it: of flat and sharded ones the graph has others."""
    return type(leaf) is nn.Parameter and not hasattr(type(leaf), "to_local")


def _given() -> set[int]:
    """Ids of what any optimizer holds, also one that nobody has seen made or step yet."""
    every = live_objects(lambda kind: issubclass(kind, Optimizer))
    return {id(p) for one in every for group in one.param_groups for p in group["params"]}


def _tensors(count: int) -> str:
    return f"{count} tensor{'s' if count > 1 else ''}"
