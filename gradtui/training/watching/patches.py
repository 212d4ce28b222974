"""Attributes of torch put in front of, and put back."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from gradtui.training.traces import without_ours
from gradtui.training.watching.capture import capturing
from gradtui.training.watching.meter import Meter
from gradtui.training.watching.threads import Threads


@dataclass(slots=True)
class Loose:
    """What gives way to `rest` while nothing is awaited; `again` wraps whatever is there."""

    held: dict[str, Any]
    name: str
    original: Any
    ours: Any
    rest: Any
    again: Callable[[], None]
    off: bool = False


class Patches:
    """Each replaced attribute is put back by `undo`, unless somebody else has replaced it since."""

    def __init__(self, meter: Meter, threads: Threads) -> None:
        self._meter, self._threads = meter, threads
        self._done: list[tuple[Any, str, Any, Any]] = []
        self._loose: list[Loose] = []
        self._made: list[Any] = []
        """Functions of ours, to be known for such by others when we are gone."""
        meter.resting.append(self._rest)

    def wrap(
        self,
        owner: Any,
        name: str,
        around: Callable[..., Any],
        *,
        idle: bool = False,
        loose: bool = False,
        light: Callable[[Callable[..., Any]], Callable[..., Any]] | None = None,
    ) -> None:
        """Replace `owner.name` by `around(original, *args, **kwargs)`; nothing where there is none.

        With `idle` a call is only handed on while the meter says that nothing is awaited; with
        `loose` the original itself is put back for that time, with `light` what that makes of it;
        which is for modules alone, and for functions that nobody compiles: compiled programs are
        compiled anew when those they call change. What torch.compile traces is the original, and so
        is what is called while a CUDA graph is recorded.
        """
        original = vars(owner).get(name)
        if original is None:
            return
        meter, compiling = self._meter, torch.compiler.is_compiling
        threads, handed = self._threads, self._threads.without(original)

        def bare(*args: Any, **kwargs: Any) -> Any:
            try:
                return original(*args, **kwargs)
            except BaseException as error:
                without_ours(error)
                raise

        @functools.wraps(original)
        def instead(*args: Any, **kwargs: Any) -> Any:
            if compiling() or capturing():
                return original(*args, **kwargs)
            meter.calls += 1
            if (idle and meter.idle) or not threads.enter():
                return bare(*args, **kwargs)
            try:
                return around(handed, *args, **kwargs)
            except BaseException as error:
                without_ours(error)
                raise
            finally:
                threads.leave()

        self._made.append(instead)
        self.put(owner, name, instead)
        # Where it is wrapped already another watcher may be beneath.
        if (loose or light is not None) and not hasattr(original, "__wrapped__"):
            rest = original
            if light is not None:
                rest = functools.wraps(original)(light(original))
                self._made.append(rest)
            again = functools.partial(self.wrap, owner, name, around, idle=idle)
            self._loose.append(Loose(vars(owner), name, original, instead, rest, again))

    def put(self, owner: Any, name: str, value: Any) -> None:
        self._done.append((owner, name, vars(owner).get(name), value))
        setattr(owner, name, value)

    def _rest(self, idle: bool) -> None:
        # Another thread may have a pass under way when one has nothing to wait for.
        idle = idle and not self._threads.several
        for one in list(self._loose):
            there = one.held.get(one.name)
            if idle and there is one.ours:
                one.held[one.name], one.off = one.rest, True
            elif one.off and not idle:
                one.off = False
                if there is one.rest:
                    one.held[one.name] = one.ours
                elif there is not one.ours:  # replaced by somebody meanwhile
                    self._loose.remove(one)
                    one.again()

    def undo(self) -> None:
        self._rest(False)
        for function in self._made:
            function.retired = True
        self._loose, self._made = [], []
        while self._done:
            owner, name, original, ours = self._done.pop()
            if vars(owner).get(name) is ours:
                while getattr(original, "retired", False):  # of a watcher that has gone before us
                    original = original.__wrapped__
                setattr(owner, name, original)
