"""Attributes of torch put in front of, and put back."""

import functools
from collections.abc import Callable
from typing import Any


class Patches:
    """Each replaced attribute is put back by `undo`, unless somebody else has replaced it since."""

    def __init__(self) -> None:
        self._done: list[tuple[Any, str, Any, Any]] = []

    def wrap(self, owner: Any, name: str, around: Callable[..., Any]) -> None:
        """Replace `owner.name` by `around(original, *args, **kwargs)`; nothing where there is none."""
        original = vars(owner).get(name)
        if original is None:
            return

        @functools.wraps(original)
        def instead(*args: Any, **kwargs: Any) -> Any:
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
