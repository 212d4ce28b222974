"""What a module's own code may move on outside of the module: variables of the program, put back."""

import os
import sys
import threading
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from copy import copy
from types import ModuleType
from typing import Any

from torch import nn

LARGEST = 100_000
"""Entries of a container that is copied to be put back; of a longer list what is added is taken off."""
DEEPEST = 4
CONTAINERS = (dict, OrderedDict, defaultdict, Counter, list, set, deque)
PLAIN = (int, float, complex, bool, str, bytes, type(None))
_OVER: tuple[Any, ...] = (
    range(0),
    range(1 << 70),
    [],
    (),
    {},
    {}.values(),
    {}.items(),
    "",
    "\u0394",
    b"",
)
ITERATORS = tuple(type(iter(one)) for one in (*_OVER, set()))
"""A copy of one goes on from where it is, and moves nothing."""
THEIRS = ("torch", "gradtui", "numpy", "builtins")
OURS = ("gradtui", "tqdm")


class Kept:
    """What containers hold, down to some depth; `put_back` changes those that hold something else."""

    def __init__(self) -> None:
        self._held: dict[int, tuple[Any, Any]] = {}

    def add(self, thing: Any, depth: int = 0) -> None:
        if type(thing) not in CONTAINERS or id(thing) in self._held or depth > DEEPEST:
            return
        large = len(thing) > LARGEST
        self._held[id(thing)] = thing, len(thing) if large else _content(thing)
        if not large and not isinstance(thing, set):
            parts = list(thing.values()) if isinstance(thing, dict) else thing
            for part in parts:
                self.add(part, depth + 1)

    def put_back(self) -> None:
        for thing, content in self._held.values():
            with suppress(Exception):
                if type(content) is int:
                    if type(thing) is list:
                        del thing[content:]
                elif not _same(thing, content):
                    _refill(thing, content)


@contextmanager
def put_back(modules: Iterable[nn.Module]) -> Iterator[None]:
    """Afterwards the variables of the Python modules that these come from, and the environment, are
    what they were: names that hold plain values, what containers hold, and how far iterators over
    containers and ranges are. Nothing of that where other threads of the program run, which may be
    changing it themselves."""
    spaces = [] if _others() else [vars(module) for module in _defining(modules)]
    names = [(space, dict(space)) for space in spaces]
    kept, environment = Kept(), dict(os.environ)
    swapped: list[tuple[dict[str, Any], str, Any, Any]] = []
    for space, before in names:
        for name, thing in before.items():
            if name.startswith("__"):
                continue
            kept.add(thing)
            if type(thing) in ITERATORS:
                with suppress(Exception):
                    stand_in = copy(thing)
                    space[name] = stand_in
                    swapped.append((space, name, thing, stand_in))
    try:
        yield
    finally:
        for space, name, thing, stand_in in swapped:
            if space.get(name) is stand_in:
                space[name] = thing
        for space, before in names:
            for name, thing in before.items():
                if type(thing) in PLAIN and space.get(name) is not thing:
                    space[name] = thing
        kept.put_back()
        if not _others() and dict(os.environ) != environment:
            os.environ.clear()
            os.environ.update(environment)


def _defining(modules: Iterable[nn.Module]) -> list[ModuleType]:
    """The Python modules in which their classes, and the classes these are made from, are written."""
    words = {kind.__module__ for module in modules for kind in type(module).__mro__}
    words = {word for word in words if word.partition(".")[0] not in THEIRS}
    found = [sys.modules.get(word) for word in sorted(words)]
    return [module for module in found if type(module) is ModuleType]


def _others() -> bool:
    """Whether threads of the program's own run beside this one."""
    mine = threading.current_thread()
    return any(
        one is not mine
        and type(one).__module__.partition(".")[0] not in OURS
        and not one.name.startswith(OURS)
        for one in threading.enumerate()
    )


def _content(thing: Any) -> Any:
    if isinstance(thing, dict):
        return dict(thing)
    return list(thing) if isinstance(thing, (list, deque)) else set(thing)


def _same(thing: Any, content: Any) -> bool:
    if len(thing) != len(content):
        return False
    if isinstance(thing, dict):
        pairs = zip(thing.items(), content.items(), strict=True)
        return all(k is q and v is w for (k, v), (q, w) in pairs)
    if isinstance(thing, set):
        return {id(one) for one in thing} == {id(one) for one in content}
    return all(one is other for one, other in zip(thing, content, strict=True))


def _refill(thing: Any, content: Any) -> None:
    if type(thing) is Counter:  # its own update adds up
        dict.clear(thing)
        dict.update(thing, content)
    elif isinstance(thing, dict):
        thing.clear()
        thing.update(content)
    else:
        thing.clear()
        thing.extend(content) if isinstance(thing, (list, deque)) else thing.update(content)
