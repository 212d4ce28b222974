"""Attributes of torch put in front of, and put back."""

import functools
from collections.abc import Callable
from typing import Any

import torch

from gradtui.training.watching.meter import Meter


class Patches:
    """Each replaced attribute is put back by `undo`, unless somebody else has replaced it since."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._done: list[tuple[Any, str, Any, Any]] = []

    def wrap(
        self, owner: Any, name: str, around: Callable[..., Any], *, idle: bool = False
    ) -> None:
        """Replace `owner.name` by `around(original, *args, **kwargs)`; nothing where there is none.

        With `idle` a call is only handed on while the meter says that nothing is awaited. What
        torch.compile traces is the original.
        """
        original = vars(owner).get(name)
        if original is None:
            return
        meter, compiling = self._meter, torch.compiler.is_compiling

        @functools.wraps(original)
        def instead(*args: Any, **kwargs: Any) -> Any:
            if compiling():
                return original(*args, **kwargs)
            meter.calls += 1
            if idle and meter.idle:
                return original(*args, **kwargs)
            return around(original, *args, **kwargs)

        self.put(owner, name, instead)

    def put(self, owner: Any, name: str, value: Any) -> None:
        self._done.append((owner, name, vars(owner).get(name), value))
        setattr(owner, name, value)

    def undo(self) -> None:
        while self._done:
            owner, name, original, ours = self._done.pop()
            if vars(owner).get(name) is ours:
                setattr(owner, name, original)
