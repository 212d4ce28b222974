"""Modules in the order of their registration, and those that only stand around another one."""

from collections.abc import Iterator
from typing import Any

from torch import nn

RUNNING = {
    "DistributedDataParallel": "module",
    "DataParallel": "module",
    "OptimizedModule": "_orig_mod",
}
"""Type -> the attribute that holds what it wraps, of those that distribute or compile a module."""
WRAPPERS = RUNNING | {
    "FullyShardedDataParallel": "_fsdp_wrapped_module",
    "CheckpointWrapper": "_checkpoint_wrapped_module",
    "OffloadWrapper": "_checkpoint_wrapped_module",
    "_FabricModule": "_forward_module",
    "DeepSpeedEngine": "module",
}
"""The same of all that names and paths leave out."""

THEIRS = ("torch.", "lightning", "pytorch_lightning", "accelerate", "deepspeed", "fairscale")
"""Where those types come from: an attribute of the user's own called `module` stays."""


def attributes(thing: Any) -> dict[str, Any]:
    """An object's own dictionary, without asking the object."""
    try:
        found = object.__getattribute__(thing, "__dict__")
    except (AttributeError, TypeError):
        return {}
    return found if type(found) is dict else {}


def children(module: nn.Module) -> list[tuple[str, nn.Module]]:
    held = attributes(module).get("_modules") or {}
    return [(str(name), child) for name, child in held.items() if child is not None]


def wrapped_as(module: nn.Module, wrappers: dict[str, str] = WRAPPERS) -> str:
    """The attribute that holds what a wrapper wraps; "" where it is none."""
    for kind in type(module).__mro__:
        if kind.__name__ in wrappers and kind.__module__.startswith(THEIRS):
            return wrappers[kind.__name__]
    return ""


def unwrapped(module: nn.Module, wrappers: dict[str, str] = WRAPPERS) -> nn.Module:
    """What a wrapper wraps, however many lie around it."""
    for _ in range(16):
        inner = dict(children(module)).get(wrapped_as(module, wrappers))
        if inner is None:
            break
        module = inner
    return module


def target(module: nn.Module) -> nn.Module:
    """What is run: the module itself, without what distributes or compiles it."""
    return unwrapped(module, RUNNING)


def walk(root: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Path and module, in the order of registration, each once; none is asked for its hash."""
    seen: set[int] = set()
    waiting: list[tuple[str, nn.Module]] = [("", root)]
    while waiting:
        path, module = waiting.pop()
        if id(module) in seen:
            continue
        seen.add(id(module))
        yield path, module
        unnamed = wrapped_as(module)
        for name, child in reversed(children(module)):
            below = path if name == unnamed else f"{path}.{name}" if path else name
            waiting.append((below, child))
