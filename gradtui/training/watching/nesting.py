"""Hooks around steps that torch calls, and steps within steps."""

import sys
from collections.abc import Callable, Container
from typing import Any

import torch
from torch.optim import Optimizer

from gradtui.training.watching.board import parameters_of

_STEP_CODE = Optimizer.profile_hook_step(lambda self: None).__code__
"""Of the function that torch puts around every optimizer's step and that calls the hooks."""


def within_another(optimizer: Optimizer, under_way: Container[int]) -> bool:
    """Whether a step over the same parameters is under way further out: this one is a part of it.

    `under_way` are the ids of optimizers whose step was seen to begin. Read off the frames: a mark
    would stay behind when a step raises.
    """
    frame, steps = sys._getframe(1), 0
    held: set[int] = set()
    while (outer := frame.f_back) is not None:
        frame = outer
        if frame.f_code is not _STEP_CODE:
            continue
        steps += 1
        other: Any = frame.f_locals.get("self")
        if steps == 1 and other is optimizer:
            continue
        if id(other) in under_way:
            held = held or {id(p) for p in parameters_of(optimizer)}
            if other is optimizer or any(id(p) in held for p in parameters_of(other)):
                return True
    return False


def untraced(hook: Callable[..., Any]) -> Callable[..., Any]:
    """A hook that torch.compile does not look into: a compiled step calls it all the same."""

    def called(optimizer: Optimizer, args: Any, kwargs: Any) -> Any:
        return hook(optimizer, args, kwargs)

    disable: Callable[..., Any] = vars(torch)["_disable_dynamo"]
    out: Callable[..., Any] = disable(called)
    return out
