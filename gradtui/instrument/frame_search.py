"""What is in sight from a call: which variables around it lead to modules and loose tensors.

Objects in people's frames are looked at by their type only: a lazy proxy or a class with its own
`__getattr__` or `__eq__` never notices.
"""

import sys
import weakref
from collections import deque
from collections.abc import Iterator, Mapping
from itertools import islice
from types import FrameType, MemberDescriptorType, ModuleType
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from gradtui.instrument.frame_variables import variables
from gradtui.nan_trace.module_walk import attributes
from gradtui.patching.own_errors import suppress_own

FRAMES = 256
"""Frames of any kind that are passed, at most."""
DEPTH = 3
"""Containers and objects, one in another, that lead to what is found."""
ITEMS = 256
"""Entries of a list, a dict or an object that are looked at."""
MOST = 4000
"""Things that are looked at in all."""
SKIPPED = (
    "torch.",
    "gradtui.",
    "importlib",
    "runpy",
    "_pytest",
    "pluggy",
    "xdist.",
    "execnet.",
    "__channelexec__",  # what execnet runs at the far end
)
"""Modules whose frames are nobody's program."""
THEIRS = (
    "builtins",
    "gradtui.",
    "torch.",
    "numpy",
    "threading",
    "logging",
    "_thread",
    "weakref",
    "functools",
)
"""Where types come from whose objects are not looked into."""
KEPT = frozenset(vars(nn.Module()))
"""What a module keeps of its own: registered things are found by way of it."""

Looked = tuple[str, Any, int, bool]
"""What is looked at: how deep it lies, and whether it is an entry of a container."""
Sight = tuple[str, weakref.ref[Any]]
"""What a program calls a thing: a variable, `self`'s attributes by their own names, or a path."""


def visible(frame: FrameType | None) -> list[Sight]:
    """Modules and trainable leaves, innermost frames first, then what lies deeper; then those in
    global variables."""
    waiting: deque[Looked] = deque()
    spaces: dict[int, dict[str, Any]] = {}
    for one in _frames(frame):
        names: Mapping[str, Any] = {}
        with suppress_own:
            names = variables(one)
        waiting.extend((word, thing, 0, False) for word, thing in list(names.items()))
        if names is not one.f_globals:
            spaces[id(one.f_globals)] = one.f_globals
    main = getattr(sys.modules.get("__main__"), "__dict__", {})
    for space in [*spaces.values(), main]:
        waiting.extend((word, thing, 0, False) for word, thing in list(space.items()))
    with torch._C.DisableTorchFunctionSubclass():
        return list(_found(waiting))


def _frames(frame: FrameType | None) -> Iterator[FrameType]:
    for _ in range(FRAMES):
        if frame is None:
            return
        if not str(frame.f_globals.get("__name__", "")).startswith(SKIPPED):
            yield frame
        frame = frame.f_back


def _found(waiting: deque[Looked]) -> Iterator[Sight]:
    looked = 0
    opened: dict[
        tuple[int, bool], Any
    ] = {}  # holds them: an id is of use only while its owner lives
    while waiting and looked < MOST:
        word, thing, depth, entry = waiting.popleft()
        kind = type(thing)
        if word.startswith("__") or kind in PLAIN:
            continue
        looked += 1
        if telling(kind, thing):
            try:
                yield word, weakref.ref(thing)
            except TypeError:
                continue
        # An entry of a container once more, by the path that it shares with the others.
        place = id(thing), entry
        if depth < DEPTH and place not in opened and not issubclass(kind, Tensor):
            opened[place] = thing
            held = issubclass(kind, (list, tuple, dict))
            waiting.extend((path, one, depth + 1, held) for path, one in within(word, kind, thing))


PLAIN = (str, int, float, bool, bytes, type(None), type, ModuleType, type(visible), type(len))


def telling(kind: type, thing: Any) -> bool:
    if issubclass(kind, nn.Module):
        return True
    return issubclass(kind, Tensor) and bool(thing.requires_grad) and bool(thing.is_leaf)


def within(word: str, kind: type, thing: Any) -> Iterator[tuple[str, Any]]:
    """Entries and attributes of a thing that goes by that name, with their own: asked of its type only."""
    if issubclass(kind, (list, tuple)):
        base = list if issubclass(kind, list) else tuple
        fields = vars(kind).get("_fields")
        named = fields if type(fields) is tuple and kind is not tuple else ()
        for i, item in enumerate(islice(base.__iter__(thing), ITEMS)):
            yield (f"{word}.{named[i]}" if i < len(named) else f"{word}[{i}]"), item
    elif issubclass(kind, dict):
        for key, item in list(islice(dict.items(thing), ITEMS)):
            if type(key) is str:
                yield f"{word}.{key}", item
            elif type(key) is int:
                yield f"{word}[{key}]", item
    elif issubclass(kind, (type, ModuleType, Optimizer)):
        return
    elif issubclass(kind, nn.Module) or not _from(kind).startswith(THEIRS):
        for name, item in list(islice(_attributes(kind, thing), ITEMS)):
            yield (name if word == "self" else f"{word}.{name}"), item


def _from(kind: type) -> str:
    found = type.__getattribute__(kind, "__module__")
    return found if type(found) is str else ""


def _attributes(kind: type, thing: Any) -> Iterator[tuple[str, Any]]:
    module = issubclass(kind, nn.Module)
    for name, item in list(attributes(thing).items()):
        if type(name) is str and not (module and name in KEPT):
            yield name, item
    for base in type.__getattribute__(kind, "__mro__"):
        if "__slots__" in vars(base):
            for name, member in vars(base).items():
                if type(member) is MemberDescriptorType:
                    try:
                        yield name, member.__get__(thing)
                    except AttributeError:  # not set
                        continue
