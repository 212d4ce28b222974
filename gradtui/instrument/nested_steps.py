"""Steps within steps, and what torch.compile may not look into."""

import sys
from collections.abc import Callable
from types import FunctionType, MethodType
from typing import Any

import torch
from torch.optim import Optimizer

from gradtui.instrument.optimizer_numbers import parameters_of
from gradtui.patching.enclosure import let_be as let_be_with_all_it_calls

_STEP_CODE = Optimizer.profile_hook_step(lambda self: None).__code__
"""Of the function that torch puts around every optimizer's step and that calls the hooks."""


def outer_steps(optimizer: Optimizer) -> list[Any]:
    """The optimizers whose steps are under way further out than that of this one.

    Read off the frames: a mark would stay behind when a step raises.
    """
    frame, found = sys._getframe(1), []
    while (outer := frame.f_back) is not None:
        frame = outer
        if frame.f_code is _STEP_CODE:
            found.append(frame.f_locals.get("self"))
    return found[1:] if found and found[0] is optimizer else found


def share(one: Any, other: Any) -> bool:
    """Whether two optimizers have parameters in common."""
    held = {id(p) for p in parameters_of(one)}
    return any(id(p) in held for p in parameters_of(other))


def untraced(hook: Callable[..., Any]) -> Callable[..., Any]:
    """A hook that torch.compile does not look into: a compiled step calls it all the same."""

    def called(optimizer: Optimizer, args: Any, kwargs: Any) -> Any:
        return hook(optimizer, args, kwargs)

    disable: Callable[..., Any] = vars(torch)["_disable_dynamo"]
    out: Callable[..., Any] = disable(called)
    return out


def out_of_sight(owner: object, method: Callable[..., Any]) -> Callable[..., Any]:
    """`method` of `owner`, into which torch.compile does not look, nor into what it calls: at no cost to
    a call of it where that can be told."""
    bound: Callable[..., Any] = MethodType(method, owner)
    return bound if let_be_with_all_it_calls(method) else untraced(bound)


def let_be(*functions: Callable[..., Any]) -> bool:
    """Have dynamo neither trace nor compile these, at no cost to a call of them; False while it is
    not there to be told. What they call must be `untraced` itself."""
    skip = getattr(sys.modules.get("torch._dynamo.decorators"), "skip", None)
    if skip is None:
        return False
    for function in functions:
        if not isinstance(function, FunctionType):
            return False
        skip(function)
    return True
