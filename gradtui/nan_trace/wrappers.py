"""Modules that only stand around another one, and modules in the order of their registration."""

from collections.abc import Iterator

from torch import nn

WRAPPERS = {
    "DistributedDataParallel": "module",
    "DataParallel": "module",
    "OptimizedModule": "_orig_mod",
}
UNNAMED = WRAPPERS | {
    "CheckpointWrapper": "_checkpoint_wrapped_module",
    "OffloadWrapper": "_checkpoint_wrapped_module",
}
"""Type -> the attribute that holds what it wraps, and that paths leave out."""


def children(module: nn.Module) -> list[tuple[str, nn.Module]]:
    held = vars(module).get("_modules") or {}
    return [(str(name), child) for name, child in held.items() if child is not None]


def wrapped_as(module: nn.Module, wrappers: dict[str, str]) -> str:
    """The attribute that holds what a wrapper of torch's wraps; "" where it is none."""
    for kind in type(module).__mro__:
        if kind.__name__ in wrappers and kind.__module__.startswith("torch."):
            return wrappers[kind.__name__]
    return ""


def target(module: nn.Module) -> nn.Module:
    """What is run: the module itself, without what distributes or compiles it."""
    for _ in range(8):
        inner = dict(children(module)).get(wrapped_as(module, WRAPPERS))
        if inner is None:
            break
        module = inner
    return module


def walk(root: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Path and module, each once; no module is asked for its hash."""
    seen: set[int] = set()
    waiting: list[tuple[str, nn.Module]] = [("", root)]
    while waiting:
        path, module = waiting.pop()
        if id(module) in seen:
            continue
        seen.add(id(module))
        yield path, module
        unnamed = wrapped_as(module, UNNAMED)
        for name, child in reversed(children(module)):
            below = path if name == unnamed else f"{path}.{name}" if path else name
            waiting.append((below, child))
