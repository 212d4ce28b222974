"""What there is in the process, by type alone: no object is asked anything."""

import gc
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any


def live_objects(wanted: Callable[[type], bool]) -> list[Any]:
    """All of the wanted types: `tracked_objects` and `frozen_objects`, each once."""
    found = tracked_objects(wanted)
    known = {id(thing) for thing in found}
    return found + [thing for thing in frozen_objects(wanted) if id(thing) not in known]


def tracked_objects(wanted: Callable[[type], bool], generation: int | None = None) -> list[Any]:
    """All of the wanted types that the garbage collector tracks, or those of one of its generations."""
    # Half a million objects are usual where torch is: they are gone through twice, and shortly.
    things = gc.get_objects(generation)
    kinds = {kind for kind in set(map(type, things)) if wanted(kind)}
    return [thing for thing in things if type(thing) in kinds]


def frozen_objects(wanted: Callable[[type], bool]) -> list[Any]:
    """Where a program has frozen objects (`gc.freeze`, as before a fork), those that a module has under a
    name, frozen or not: the collector gives none of them away any more."""
    found: dict[int, Any] = {}
    if gc.get_freeze_count():
        for module in list(sys.modules.values()):
            if type(module) is ModuleType:
                named = list(vars(module).values())
                found |= {id(thing): thing for thing in named if wanted(type(thing))}
    return list(found.values())
