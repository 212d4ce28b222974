"""What stands in front of a module that is watched.

It lies in the attribute that otherwise holds a module's compiled version: calling a module looks
there first, copies and pickles leave it out, and hooks stay as they are.
"""

import sys
import weakref
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import nn

from gradtui.training.autopsy.calls import Call, Draws
from gradtui.training.traces import without_ours

KEPT = 4
"""Calls of one module in one step: the last ones."""
SLOT = "_compiled_call_impl"


class Switch(Protocol):
    """Says whether anything of the present step is of interest, and adds up what keeping costs."""

    idle: bool
    calls: int
    """Calls that have come through here and were not timed."""

    def enter(self) -> None: ...

    def leave(self) -> None: ...


class Post(Protocol):
    """Who wants to know of calls."""

    within: bool
    switch: Switch

    def outermost(
        self,
        root: "Root",
        module: nn.Module,
        inner: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any: ...


@dataclass(slots=True, eq=False)
class Root:
    """A module that may be an outermost one. `word` is its path."""

    word: str
    module: weakref.ref[nn.Module]
    before: Any
    draws: Draws = field(default_factory=Draws)
    outermost: bool = False
    calls: deque[tuple[int, Call]] = field(default_factory=lambda: deque(maxlen=KEPT))
    count: int = 0
    plain: bool = False
    """Whether it has no parameters."""
    mine: Any = None

    def leave(self, module: nn.Module) -> None:
        """Have `module` as it was."""
        if self.before is None:
            del vars(module)[SLOT]
        else:
            vars(module)[SLOT] = self.before


class Watched:
    """What stands in front of a module. Where attributes are copied by hand it becomes None."""

    __slots__ = ("before", "keeper", "module", "root")

    def __init__(self, keeper: Post, root: Root) -> None:
        self.keeper, self.root = keeper, root
        self.module, self.before = root.module, root.before

    def __reduce__(self) -> tuple[Any, ...]:
        return {}.get, (None,)

    def called(self, *args: Any, **kwargs: Any) -> Any:
        module: Any = self.module()
        if torch.compiler.is_compiling():
            return (self.before or module._call_impl)(*args, **kwargs)
        caller = sys._getframe(2)
        if caller.f_code is CALLING:
            owner = caller.f_locals["self"]
            if owner is not module:  # it has been given all attributes of the other
                return owner._call_impl(*args, **kwargs)
        inner, keeper = self.before or module._call_impl, self.keeper
        keeper.switch.calls += CALLS
        if (
            keeper.within
            or keeper.switch.idle
            or not torch.is_grad_enabled()
            or torch._C._current_graph_task_id() != -1
        ):
            return inner(*args, **kwargs)
        return keeper.outermost(self.root, module, inner, args, kwargs)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if torch.compiler.is_compiling():
            return self.called(*args, **kwargs)
        try:
            return self.called(*args, **kwargs)
        except BaseException as error:
            without_ours(error)
            raise


CALLING: Any = nn.Module.__call__.__code__
CALLS = 2
"""What coming through here costs, in calls of a wrapper that does nothing."""


def busy() -> bool:
    """Whether tensors are not what they seem: being traced, counted, or mapped over."""
    return (
        torch._C._len_torch_dispatch_stack() > 0
        or torch._C._functorch.peek_interpreter_stack() is not None
    )
