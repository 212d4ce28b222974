"""Parameters that a loss depends on and that nobody steps."""

import gc
from collections import Counter
from collections.abc import Sequence

from torch import Tensor, nn
from torch.optim import Optimizer

from gradtui.core.text import printable
from gradtui.core.wiring import NOT_STEPPED, Faults
from gradtui.instrument.module_tree import all_modules, covering, outermost

NAMED = 3


def not_stepped(
    leaves: Sequence[Tensor], stepped: Sequence[Tensor], roots: Sequence[nn.Module]
) -> Faults:
    """`leaves` of the first graphs, less what the optimizers were given. Nothing is said where none
    of them is stepped, nor of one that an optimizer may hold a copy of (master weights)."""
    held = {id(tensor) for tensor in stepped}
    reached = {id(leaf) for leaf in leaves}
    if not held & reached:
        return ()
    copies = {tensor.numel() for tensor in stepped if id(tensor) not in reached}
    left = {id(leaf) for leaf in leaves if id(leaf) not in held and _own(leaf)}
    left -= {id(leaf) for leaf in leaves if leaf.numel() in copies}
    left -= _given() if left else set()
    if not left:
        return ()
    counts: Counter[str] = Counter()
    for _, parts in covering(outermost(roots), left) or covering(outermost(all_modules()), left):
        for key, name in {id(part.tensor): part.name for part in parts}.items():
            counts[name.partition(".")[0]] += key in left
    if not counts:
        return ()
    named = counts.most_common(NAMED)
    words = [f"{printable(name)}: {_tensors(count)}" for name, count in named]
    rest = sum(counts.values()) - sum(count for _, count in named)
    return ((NOT_STEPPED, ", ".join([*words, *([f"{_tensors(rest)} more"] if rest else [])])),)


def _own(leaf: Tensor) -> bool:
    """A parameter as its module holds it: of flat and sharded ones the graph has others."""
    return type(leaf) is nn.Parameter and not hasattr(type(leaf), "to_local")


def _given() -> set[int]:
    """Ids of what any optimizer holds, also one that nobody has seen made or step yet."""
    every = [thing for thing in gc.get_objects() if issubclass(type(thing), Optimizer)]
    return {id(p) for one in every for group in one.param_groups for p in group["params"]}


def _tensors(count: int) -> str:
    return f"{count} tensor{'s' if count > 1 else ''}"
