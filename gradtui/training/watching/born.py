"""What the program has made: modules and optimizers, held weakly, in the order of their making."""

import itertools
import sys
import weakref
from collections.abc import Callable
from types import FrameType
from typing import Any

from torch import nn
from torch.optim import Optimizer

from gradtui.training.watching.frames import Visible, visible
from gradtui.training.watching.patches import Patches
from gradtui.training.watching.quiet import Quiet


class Born:
    """Keyed by id: a module's own hash and equality are never asked for."""

    def __init__(self, quiet: Quiet) -> None:
        self._quiet = quiet
        self._count = itertools.count()
        self._modules: weakref.WeakValueDictionary[int, nn.Module] = weakref.WeakValueDictionary()
        self._optimizers: dict[int, weakref.ref[Optimizer]] = {}
        self._seen: set[int] = set()
        self.visible: dict[str, Visible] = {}
        """Variable -> what it held where an optimizer was made."""

    def install(self, patches: Patches) -> None:
        patches.wrap(nn.Module, "__init__", self._module)
        patches.wrap(Optimizer, "__init__", self._optimizer)

    def modules(self) -> list[nn.Module]:
        """Those that are still there, oldest first."""
        return list(self._modules.values())

    def optimizers(self) -> list[Optimizer]:
        """Those that are still there, oldest first."""
        found = [ref() for ref in list(self._optimizers.values())]
        return [optimizer for optimizer in found if optimizer is not None]

    def meet(self, optimizer: Optimizer) -> None:
        """An optimizer that was made before anyone looked, or unpickled."""
        if id(optimizer) not in self._seen:
            self._remember(optimizer)

    def _remember(self, optimizer: Optimizer) -> None:
        number, key = next(self._count), id(optimizer)
        self._seen.add(key)

        def gone(_: Any) -> None:
            self._seen.discard(key)
            self._optimizers.pop(number, None)

        self._optimizers[number] = weakref.ref(optimizer, gone)

    def _module(self, original: Callable[..., None], module: nn.Module, *a: Any, **k: Any) -> None:
        original(module, *a, **k)
        try:
            self._modules.pop(id(module), None)
            self._modules[id(module)] = module
        except Exception:  # a class that cannot be referred to weakly; found by other ways
            return

    def _optimizer(
        self, original: Callable[..., None], optimizer: Optimizer, *args: Any, **kwargs: Any
    ) -> None:
        original(optimizer, *args, **kwargs)
        with self._quiet("an optimizer's making"):
            self.meet(optimizer)
            self._quiet.meter.rest(False)  # its first step may be the next
            frame: FrameType | None = sys._getframe(1)
            self.look(frame)

    def look(self, frame: FrameType | None) -> None:
        """Remember what is visible from a frame on outwards; later sights replace earlier ones."""
        self.visible |= visible(frame)
