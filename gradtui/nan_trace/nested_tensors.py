"""Tensors inside whatever modules take and return: tuples, dicts, dataclasses, objects."""

import dataclasses
from collections import deque
from collections.abc import Callable
from typing import Any

from torch import Tensor

from gradtui.patching.own_errors import suppress_own

DEEPEST = 6
MOST = 512
"""Tensors of one structure that are looked at."""

Change = Callable[[Tensor], Tensor]


def tensors(thing: Any) -> list[tuple[str, Tensor]]:
    """Every tensor in `thing` with its place, such as "[0]" or "logits", each once."""
    found: list[tuple[str, Tensor]] = []
    _collect(thing, "", found, set(), 0)
    return found


def given(args: Any, kwargs: Any) -> list[tuple[str, Tensor]]:
    """The tensors that a module was called with."""
    return tensors(args) + tensors(kwargs) if kwargs else tensors(args)


def _collect(
    thing: Any, place: str, found: list[tuple[str, Tensor]], seen: set[int], depth: int
) -> None:
    kind = type(thing)
    if depth > DEEPEST or len(found) >= MOST or kind in PLAIN or id(thing) in seen:
        return
    if issubclass(kind, Tensor):
        seen.add(id(thing))
        found.append((place, thing))
        return
    for name, part in parts(thing):
        seen.add(id(thing))
        _collect(part, _under(place, name), found, seen, depth + 1)


PLAIN = frozenset((int, float, bool, str, bytes, complex, type(None)))


def _under(place: str, name: str) -> str:
    return f"{place}{name}" if name.startswith("[") or not place else f"{place}.{name}"


def parts(thing: Any) -> list[tuple[str, Any]]:
    """What a container holds, by name; nothing for what is none."""
    kind = type(thing)
    if issubclass(kind, dict):
        return [(str(key), part) for key, part in dict.items(thing)]
    if issubclass(kind, tuple) and hasattr(kind, "_fields"):
        return list(zip(kind._fields, tuple(thing), strict=False))
    if issubclass(kind, (list, tuple)):
        return [(f"[{i}]", part) for i, part in enumerate(thing)]
    if issubclass(kind, (set, frozenset, deque)):
        return [(f"[{i}]", part) for i, part in enumerate(thing)]
    return [(str(name), part) for name, part in _attributes(thing).items()]


def _attributes(thing: Any) -> dict[str, Any]:
    """Of a plain object: no module, no class, no function."""
    kind = type(thing)
    if issubclass(kind, type) or callable(thing) or not hasattr(kind, "__dict__"):
        return {}
    with suppress_own:
        held = object.__getattribute__(thing, "__dict__")
        return held if type(held) is dict else {}
    return {}


def changed(thing: Any, change: Change, *, copies: bool = True) -> Any:
    """The same structure with other tensors in it; one that occurs twice is changed once.

    What is neither a tensor nor a known container is passed on as it is. A dictionary of a class of
    its own is copied by that class's own code; without `copies` it is passed on as well.
    """
    return _changed(thing, change, {}, 0, copies)


def has_history(thing: Any) -> bool:
    """Whether a tensor in it was computed, and so holds on to the graph behind it."""
    return any(tensor.grad_fn is not None for _, tensor in tensors(thing))


def _changed(
    thing: Any, change: Change, done: dict[int, tuple[Any, Any]], depth: int, copies: bool
) -> Any:
    kind = type(thing)
    if depth > DEEPEST or kind in PLAIN:
        return thing
    if id(thing) in done:
        return done[id(thing)][1]
    if issubclass(kind, Tensor):
        new: Any = change(thing)
    elif kind is dict:
        new = {k: _changed(part, change, done, depth + 1, copies) for k, part in thing.items()}
    elif kind in (list, tuple):
        new = kind(_changed(part, change, done, depth + 1, copies) for part in thing)
    elif issubclass(kind, tuple) and hasattr(kind, "_make"):
        new = kind._make([_changed(part, change, done, depth + 1, copies) for part in thing])
    elif dataclasses.is_dataclass(kind) and not issubclass(kind, dict):
        new = _changed_fields(thing, change, done, depth, copies)
    elif issubclass(kind, dict) and copies:
        new = _changed_items(thing, change, done, depth)
    else:
        return thing
    done[id(thing)] = (thing, new)  # an id is of use only while its owner lives
    return new


def _changed_fields(
    thing: Any, change: Change, done: dict[int, tuple[Any, Any]], depth: int, copies: bool
) -> Any:
    held = {field.name: getattr(thing, field.name) for field in dataclasses.fields(thing)}
    new = object.__new__(type(thing))
    for name, part in held.items():
        object.__setattr__(new, name, _changed(part, change, done, depth + 1, copies))
    return new


def _changed_items(thing: Any, change: Change, done: dict[int, tuple[Any, Any]], depth: int) -> Any:
    import copy

    new = copy.copy(thing)
    for key, part in dict.items(thing):
        new[key] = _changed(part, change, done, depth + 1, True)
    return new
