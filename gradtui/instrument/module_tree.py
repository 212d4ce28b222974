"""Models: which modules are the outermost ones, and what the parameters in them are called."""

from collections.abc import Iterable
from dataclasses import dataclass

from torch import Tensor, nn

from gradtui.nan_trace.live_objects import live_objects
from gradtui.nan_trace.module_walk import attributes, children, walk


@dataclass(frozen=True, slots=True, eq=False)
class Owned:
    """One name of a parameter: the module that holds it, that module's path, and the last word."""

    path: str
    module: nn.Module
    leaf: str
    tensor: Tensor

    @property
    def name(self) -> str:
        return f"{self.path}.{self.leaf}" if self.path else self.leaf


def owned(root: nn.Module) -> list[Owned]:
    """Every parameter under every name that it has."""
    out = []
    for path, module in walk(root):
        held = attributes(module).get("_parameters") or {}
        for leaf, tensor in held.items():
            if tensor is not None:
                out.append(Owned(path, module, str(leaf), tensor))
    return out


def outermost(modules: Iterable[nn.Module]) -> list[nn.Module]:
    """Those that no other one contains; all of them where they contain each other."""
    distinct = list({id(module): module for module in modules}.values())
    contained: set[int] = set()
    walked: set[int] = set()
    waiting = list(distinct)
    while waiting:
        module = waiting.pop()
        if id(module) in walked:
            continue
        walked.add(id(module))
        below = [child for _, child in children(module)]
        contained.update(id(child) for child in below if child is not module)
        waiting += below
    return [module for module in distinct if id(module) not in contained] or distinct


def covering(roots: Iterable[nn.Module], wanted: set[int]) -> list[tuple[nn.Module, list[Owned]]]:
    """Roots that hold tensors of these ids, largest cover first, none that adds nothing; each with
    the names of what it is the first to hold. In the order in which the roots were given."""
    lists = [(root, [o for o in owned(root) if id(o.tensor) in wanted]) for root in roots]
    lists = [(root, found) for root, found in lists if found]
    left, chosen = set(wanted), {}
    while lists and left:
        gains = [len({id(o.tensor) for o in found} & left) for _, found in lists]
        best = gains.index(max(gains))
        if not gains[best]:
            break
        root, found = lists[best]
        chosen[id(root)] = [o for o in found if id(o.tensor) in left]
        left -= {id(o.tensor) for o in found}
    return [(root, chosen[id(root)]) for root, _ in lists if id(root) in chosen]


def all_modules() -> list[nn.Module]:
    """Every module there is, by type alone: no object is asked anything."""
    return live_objects(lambda kind: issubclass(kind, nn.Module))
