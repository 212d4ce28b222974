"""Calls of modules that are watched: which of them are of interest.

torch.nn.Module's own call is enclosed for that, and no module is touched.
"""

import weakref
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import nn

from gradtui.nan_trace.calls import Call, Draws
from gradtui.patching.enclosure import enclosure

KEPT = 4
"""Calls of one module in one step: the last ones."""
CALLS = 2
"""What coming through here costs, in calls of a wrapper that does nothing."""


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

    def root(self, module: nn.Module) -> "Root | None": ...

    def called(
        self, root: "Root", module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Call | None: ...

    def returned(self, root: "Root", call: Call, out: Any) -> None: ...


@dataclass(slots=True, eq=False)
class Root:
    """A module that may be an outermost one. `word` is its path."""

    word: str
    module: weakref.ref[nn.Module]
    draws: Draws = field(default_factory=Draws)
    outermost: bool = False
    calls: deque[tuple[int, Call]] = field(default_factory=lambda: deque(maxlen=KEPT))
    count: int = 0
    plain: bool = False
    """Whether it has no parameters."""


class CallListener:
    """Listens to the calls of all modules, while `on` and as long as whoever wants to know lives."""

    def __init__(self, post: Post) -> None:
        self._calls = enclosure(nn.Module, "__call__", ("self", "args", "kwargs"))
        self._post = weakref.ref(post, lambda _: self.off())

    def on(self) -> None:
        if self._calls is not None:
            self._calls.listen(self)

    def off(self) -> None:
        if self._calls is not None:
            self._calls.leave(self)

    def begin(self, *given: Any) -> Any:
        """An outermost call of a module that is watched is kept."""
        post = self._post()
        if post is None or post.within:
            return None
        module, args, kwargs = given
        root = post.root(module)
        if root is None:
            return None
        post.switch.calls += CALLS
        if (
            post.switch.idle
            or not torch.is_grad_enabled()
            or torch._C._current_graph_task_id() != -1
        ):
            return None
        post.within = True
        try:
            return post, root, post.called(root, module, args, kwargs)
        except BaseException:
            post.within = False
            raise

    def again(self, token: Any, value: Any) -> Any:
        return value

    def over(self, token: Any, out: Any) -> None:
        post, root, call = token
        post.within = False
        if call is not None:
            post.returned(root, call, out)

    def raised(self, token: Any) -> None:
        token[0].within = False


def busy() -> bool:
    """Whether tensors are not what they seem: being traced, counted, or mapped over."""
    return (
        torch._C._len_torch_dispatch_stack() > 0
        or torch._C._functorch.peek_interpreter_stack() is not None
    )
