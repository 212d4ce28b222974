"""Functions that hold on to their own variables, and what they have when somebody looks at them.

Run as a script it needs no torch, so that other Pythons can do it: `python frame_idioms.py VARIABLES`,
the path of the module that reads frames.
"""

import gc
import importlib.util
import sys
import weakref
from collections.abc import Callable, Iterator, Mapping
from types import FrameType
from typing import Any

Look = Callable[[FrameType], Mapping[str, Any]]


def module_at(path: str) -> Any:
    spec = importlib.util.spec_from_file_location("variables", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Thing:
    pass


def settings(look: Look, lr: float = 0.1, epochs: int = 3) -> list[object]:
    held = locals()
    before = dict(held)
    extra = 5
    seen = look(sys._getframe())
    assert seen["extra"] == extra
    assert seen["held"] is held
    told = [held == before, sorted(held)]
    again = locals()
    return [*told, again is held, sorted(again)]


def iterated(look: Look, lr: float = 0.1, wd: float = 0.0) -> list[object]:
    out: list[object] = []
    for name, value in locals().items():
        fresh = name
        assert look(sys._getframe())["fresh"] is fresh
        out.append((name, value is look))
    return out


def changed(look: Look, rate: int = 1) -> list[object]:
    """A frame's variable is a variable still after a change to the dictionary."""
    held = vars()
    held["rate"] = 7
    look(sys._getframe())
    return [held["rate"], rate]


def deleted(look: Look) -> list[object]:
    gone, left = 1, 2
    del gone
    return [sorted(look(sys._getframe())), left]


def enclosed(look: Look) -> list[object]:
    shared, own, emptied = [1], 2, 3

    def inner() -> Mapping[str, Any]:
        nonlocal own
        own += 1
        return dict(look(sys._getframe())) | {"seen": shared, "at": own}

    del emptied
    seen = inner()
    outer = look(sys._getframe())
    return [seen["shared"] is shared, seen["own"], outer["own"], sorted(outer)]


def emptied(look: Look) -> list[object]:
    early = look(sys._getframe())

    def reader() -> object:
        return late

    late = 1
    return ["late" in early, reader(), "late" in look(sys._getframe())]


def generated(look: Look) -> list[object]:
    def values(first: int) -> Iterator[list[str]]:
        yield sorted(look(sys._getframe()))
        second = first
        yield sorted(look(sys._getframe()))
        assert second == first

    return [*values(1)]


def awaited(look: Look) -> list[object]:
    async def one(value: int) -> list[str]:
        return sorted(look(sys._getframe()))

    async def both() -> list[str]:
        mine = await one(1)
        return [*mine, *sorted(look(sys._getframe()))]

    try:
        both().send(None)
    except StopIteration as done:
        return [*done.value]
    return []


def in_a_comprehension(look: Look) -> list[object]:
    return [look(sys._getframe())["item"] for item in (4, 5)]


def in_a_class(look: Look) -> list[object]:
    class Made:
        word = 3
        seen = sorted(look(sys._getframe()))

    class Derived(Thing):
        seen = sorted(look(sys._getframe()))

        def __init__(self) -> None:
            super().__init__()

    Derived()
    words = [sorted(name for name in vars(kind) if name[0] != "_") for kind in (Made, Derived)]
    return [[name for name in Made.seen if name[0] != "_"], *words]


def executed(look: Look) -> list[object]:
    space: dict[str, Any] = {"look": look, "sys": sys}
    apart: dict[str, Any] = {}
    exec("a = 1\nseen = sorted(look(sys._getframe()))", space, apart)
    exec("def f(b):\n c = b\n return sorted(look(sys._getframe()))\nout = f(2)", space)
    return [apart["seen"], space["out"], sorted(apart)]


def traced(look: Look) -> list[object]:
    def trace(frame: FrameType, event: str, value: object) -> Any:
        return trace

    def body() -> list[object]:
        first = 1
        held = locals()
        second = first
        seen = sorted(look(sys._getframe()))
        return [sorted(held)[:1], seen, second]

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        return body()
    finally:
        sys.settrace(before)


def let_go(look: Look) -> list[object]:
    """Nothing is kept alive, and a look counts no reference too few."""
    thing, cell = Thing(), Thing()
    refs = [weakref.ref(thing), weakref.ref(cell)]
    count = sys.getrefcount(thing)

    def inner() -> object:
        return cell

    for _ in range(50):
        look(sys._getframe())
    same = sys.getrefcount(thing) == count
    del thing
    cell = None
    kept = [ref() is not None for ref in refs]
    gc.collect()
    return [same, kept, inner is not None]


SAME_DICTIONARY = sys.version_info < (3, 13)
"""Whether each `locals()` of a function gives the same one."""

EXPECTED: dict[Callable[[Look], list[object]], list[object]] = {
    settings: [
        *(True, ["epochs", "look", "lr"]),
        *(SAME_DICTIONARY, ["before", "epochs", "extra", "held", "look", "lr", "seen", "told"]),
    ],
    iterated: [("look", True), ("lr", False), ("wd", False), ("out", False)],
    changed: [7, 1],
    deleted: [["left", "look"], 2],
    enclosed: [True, 3, 3, ["inner", "look", "own", "seen", "shared"]],
    emptied: [False, 1, True],
    generated: [["first", "look"], ["first", "look", "second"]],
    awaited: ["look", "value", "look", "mine", "one"],
    in_a_comprehension: [4, 5],
    in_a_class: [["word"], ["seen", "word"], ["seen"]],
    executed: [["a"], ["b", "c"], ["a", "seen"]],
    traced: [["first"], ["first", "held", "look", "second"], 1],
    let_go: [True, [False, False], True],
}


def check(look: Look) -> None:
    """What a function does and what a look finds in it, the same from Python 3.11 on."""
    for idiom, expected in EXPECTED.items():
        found = idiom(look)
        assert found == expected, (idiom.__name__, found)


if __name__ == "__main__":
    module = module_at(sys.argv[1])
    check(module.variables)
    print(module._reader().__name__)
