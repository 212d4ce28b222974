"""Models: which modules are the outermost ones, and what the parameters in them are called."""

import gc
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from torch import Tensor, nn

from gradtui.instrument.frame_search import attributes

WRAPPERS = {
    "DistributedDataParallel": "module",
    "DataParallel": "module",
    "FullyShardedDataParallel": "_fsdp_wrapped_module",
    "OptimizedModule": "_orig_mod",
    "CheckpointWrapper": "_checkpoint_wrapped_module",
    "OffloadWrapper": "_checkpoint_wrapped_module",
    "_FabricModule": "_forward_module",
    "DeepSpeedEngine": "module",
}
"""Type -> the attribute that holds what it wraps and that names leave out."""

THEIRS = ("torch.", "lightning", "pytorch_lightning", "accelerate", "deepspeed", "fairscale")
"""Where those types come from: an attribute of the user's own called `module` stays."""


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


def children(module: nn.Module) -> list[tuple[str, nn.Module]]:
    held = attributes(module).get("_modules") or {}
    return [(str(name), child) for name, child in held.items() if child is not None]


def unwrapped(module: nn.Module) -> nn.Module:
    """What a wrapper wraps, however many lie around it."""
    for _ in range(16):
        inner = dict(children(module)).get(_wrapped_as(module))
        if inner is None:
            break
        module = inner
    return module


def _wrapped_as(module: nn.Module) -> str:
    for kind in type(module).__mro__:
        if kind.__name__ in WRAPPERS and kind.__module__.startswith(THEIRS):
            return WRAPPERS[kind.__name__]
    return ""


def walk(root: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Path and module, in the order of registration, each module once."""
    seen: set[int] = set()
    waiting = [("", root)]
    while waiting:
        path, module = waiting.pop()
        if id(module) in seen:
            continue
        seen.add(id(module))
        yield path, module
        skipped = _wrapped_as(module)
        for name, child in reversed(children(module)):
            below = path if name == skipped else f"{path}.{name}" if path else name
            waiting.append((below, child))


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
    return [thing for thing in gc.get_objects() if issubclass(type(thing), nn.Module)]
