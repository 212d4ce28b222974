"""The variables of the frames around a call: which of them hold modules and loose tensors.

Objects in people's frames are looked at by their type only: a lazy proxy or a class with its own
`__getattr__` or `__eq__` never notices.
"""

import inspect
import sys
import weakref
from collections.abc import Iterator, Mapping
from types import FrameType, ModuleType
from typing import Any

from torch import Tensor, nn

FRAMES = 24
ITEMS = 256
"""Entries of a list, a dict or an object that are looked at."""

Visible = weakref.ref[Any]


def visible(frame: FrameType | None) -> dict[str, Visible]:
    """Variable or attribute -> a module or a trainable leaf, innermost frames first."""
    found: dict[str, Visible] = {}
    for _ in range(FRAMES):
        if frame is None:
            break
        name = frame.f_globals.get("__name__", "")
        if not str(name).startswith(("torch.", "gradtui.", "importlib", "runpy")):
            local = frame.f_locals
            for word, thing in list(local.items()):
                for path, held in _held(word, thing):
                    _keep(found, path, held)
            _forget(frame, local)
        frame = frame.f_back
    return found


def _forget(frame: FrameType, local: Mapping[str, Any]) -> None:
    """Before Python 3.13 a frame caches what it was asked for, and so would keep it alive."""
    fast = frame.f_code.co_flags & inspect.CO_OPTIMIZED
    if sys.version_info < (3, 13) and fast and sys.gettrace() is None and isinstance(local, dict):
        local.clear()


def _keep(found: dict[str, Visible], path: str, held: Any) -> None:
    if path not in found:
        try:
            found[path] = weakref.ref(held)
        except TypeError:
            return


def _held(word: str, thing: Any) -> Iterator[tuple[str, Any]]:
    kind = type(thing)
    if _telling(kind, thing):
        yield word, thing
    elif kind in (list, tuple):
        for i, item in enumerate(thing[:ITEMS]):
            if _telling(type(item), item):
                yield f"{word}[{i}]", item
    elif kind is dict:
        for key, item in list(thing.items())[:ITEMS]:
            if _telling(type(item), item):
                yield (f"{word}.{key}" if type(key) is str else f"{word}[{key!r:.20}]"), item
    elif not issubclass(kind, (type, ModuleType)) and kind.__module__ != "builtins":
        for name, item in list(attributes(thing).items())[:ITEMS]:
            if type(name) is str:
                own = name if word == "self" else f"{word}.{name}"
                if _telling(type(item), item):
                    yield own, item
                elif type(item) in (list, tuple):
                    for i, part in enumerate(item[:ITEMS]):
                        if _telling(type(part), part):
                            yield f"{own}[{i}]", part


def attributes(thing: Any) -> dict[str, Any]:
    """An object's own dictionary, without asking the object."""
    try:
        found = object.__getattribute__(thing, "__dict__")
    except (AttributeError, TypeError):
        return {}
    return found if type(found) is dict else {}


def _telling(kind: type, thing: Any) -> bool:
    if issubclass(kind, nn.Module):
        return True
    return issubclass(kind, Tensor) and bool(thing.requires_grad) and bool(thing.is_leaf)
