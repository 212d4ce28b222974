"""Keeps what the outermost modules of a program were called with, until the step is over."""

import weakref
from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

from gradtui.nan_trace.calls import Call, Draws, Stamp, uses_cuda
from gradtui.nan_trace.module_walk import walk
from gradtui.nan_trace.watched_calls import CallListener, Root, Switch, busy
from gradtui.patching.cuda_capture import capturing
from gradtui.patching.own_errors import suppress_own
from gradtui.patching.torch_modes import Unseen

LEARNING = 3
"""Steps after which modules that others call are let alone."""
LEARNINGS = 8
"""How often that may begin anew, because no call was seen in a step."""
COMPILED = "_compiled_call_impl"
"""Where a module holds its compiled version."""
CLOSED = ("OptimizedModule", "DataParallel")
"""Types whose inner modules must not be touched: they are compiled, or copied."""


class Always:
    """Every step is of interest, at any cost."""

    idle, calls = False, 0

    def enter(self) -> None: ...

    def leave(self) -> None: ...


class CallRecorder:
    """`watch` modules; `over()` after each step; `calls` are those of the present step, in order."""

    def __init__(self, switch: Switch | None = None) -> None:
        self.switch: Switch = Always() if switch is None else switch
        self._roots: dict[int, Root] = {}
        self.within = False
        self._serial = 0
        self._steps = 0
        self._learnings = 0
        self._fresh = 0
        self._stale = False
        self._wanted: list[tuple[str, weakref.ref[nn.Module]]] = []
        self._off = False
        """Whether modules are called as if nobody watched, for the time being."""
        self._listener = CallListener(self)

    def watch(self, modules: Iterable[tuple[str, nn.Module]]) -> None:
        """Models by the word that their paths begin with. Their submodules are watched too for some
        steps, until it is known which ones the program itself calls."""
        self._wanted = [(word, ref) for word, ref in self._wanted if ref() is not None]
        if not self._off:
            self._listener.on()
        for word, module in modules:
            self._wanted.append((word, weakref.ref(module)))
            self._put_on(word, module, set())
        self._steps = 0

    def calls(self) -> list[Call]:
        """Of the present step, in the order in which they were made."""
        found = [pair for root in list(self._roots.values()) for pair in root.calls]
        return [call for _, call in sorted(found, key=lambda pair: pair[0]) if call.there]

    def dropped(self) -> int:
        """Calls of the present step of which nothing is kept."""
        return sum(root.count - len(root.calls) for root in list(self._roots.values()))

    def over(self) -> None:
        """A step is over. What is kept goes when the next one begins: another optimizer may be about
        to step on the same gradients. Until then no model lives longer for it."""
        self._stale = True
        for root in list(self._roots.values()):
            for _, call in root.calls:
                call.loosen()
        if self.switch.idle or self._off:
            return
        if not self._fresh and self._steps >= LEARNING and self._learnings < LEARNINGS:
            self._learnings += 1
            again, self._wanted = self._wanted, []
            self.watch([(word, found) for word, ref in again if (found := ref()) is not None])
        self._fresh = 0
        self._steps += 1
        if self._steps == LEARNING and any(root.outermost for root in list(self._roots.values())):
            self._roots = {key: root for key, root in self._roots.items() if root.outermost}

    def forget(self) -> None:
        """Let go of everything."""
        self._stale = False
        for root in list(self._roots.values()):
            root.calls.clear()
            root.count = 0

    def rest(self, idle: bool) -> None:
        """While nothing is of interest modules are called as if nobody watched."""
        if idle:
            self.forget()  # of another step than the one that may be asked about
            self._listener.off()
        elif self._off and self._wanted:
            self._listener.on()
        self._off = idle

    def close(self) -> None:
        """Let every module alone."""
        self._listener.off()
        self.forget()
        self._roots, self._wanted = {}, []

    def root(self, module: nn.Module) -> Root | None:
        """Of a module that is watched; what has been given all attributes of one is none."""
        root = self._roots.get(id(module))
        return root if root is not None and root.module() is module else None

    def _put_on(self, word: str, module: nn.Module, seen: set[int]) -> None:
        if id(module) in seen or isinstance(module, torch.jit.ScriptModule):
            return
        seen.add(id(module))
        known = self._roots.get(id(module))
        if known is None or known.module() is not module:
            self._know(word, module)
        if type(module).__name__ in CLOSED or vars(module).get(COMPILED) is not None:
            return
        for name, child in (vars(module).get("_modules") or {}).items():
            if child is not None:
                self._put_on(f"{word}.{name}" if word else str(name), child, seen)

    def _know(self, word: str, module: nn.Module) -> None:
        key = id(module)

        def gone(ref: weakref.ref[nn.Module]) -> None:
            root = self._roots.get(key)
            if root is not None and root.module is ref:
                del self._roots[key]

        root = Root(word, weakref.ref(module, gone))
        root.plain = not any(vars(m).get("_parameters") for _, m in walk(module))
        self._roots[key] = root

    def called(
        self, root: Root, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Call | None:
        """An outermost module is called: keep what there is to keep."""
        if capturing():
            return None
        self.switch.enter()
        try:
            with suppress_own:
                return self._begin(root, module, args, kwargs)
        finally:
            self.switch.leave()
        return None

    def _begin(
        self, root: Root, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Call | None:
        self._fresh += 1
        root.outermost = True
        if self._stale:
            self.forget()
        cuda = uses_cuda()
        if busy():
            return None
        if root.draws.left:
            root.draws.begin()
        every = Draws() if root.draws.left else root.draws
        if root.draws.left:
            every.python = every.numpy = True
        root.count += 1
        with Unseen():  # a mode of the program may count what is asked
            call = Call(root.word, module, args, kwargs, Stamp(every, cuda))
        self._serial += 1
        root.calls.append((self._serial, call))
        return call

    def returned(self, root: Root, kept: Call, out: Any) -> None:
        """It has returned."""
        self.switch.enter()
        try:
            with suppress_own:
                self._end(root, kept, out)
        finally:
            self.switch.leave()

    def _end(self, root: Root, kept: Call, out: Any) -> None:
        if root.draws.left:
            root.draws.end()
        with Unseen():
            graph = kept.returned(out)
        if not graph and root.plain:
            root.calls.pop()  # a metric, or whatever else has no part in the loss
            root.count -= 1
        self.switch.calls += len(kept.kept)  # a hook each
