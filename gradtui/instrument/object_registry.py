"""What the program has made: modules and optimizers, held weakly, in the order of their making."""

import itertools
import sys
import weakref
from collections.abc import Sequence
from types import FrameType
from typing import Any

from torch import Tensor, nn
from torch.optim import Optimizer

from gradtui.instrument.exception_guard import ExceptionGuard
from gradtui.instrument.frame_search import Sight, visible
from gradtui.instrument.patches import Begun, Patches
from gradtui.nan_trace.live_objects import frozen_objects, tracked_objects
from gradtui.nan_trace.module_walk import attributes
from gradtui.patching.own_errors import suppress_own

LOOKS = 16
"""Optimizers at whose making it is looked around each time; after them at the 32nd, the 64th ..."""


class ObjectRegistry:
    """Keyed by id: a module's own hash and equality are never asked for."""

    def __init__(self, guard: ExceptionGuard) -> None:
        self._guard = guard
        self._count = itertools.count()
        self._modules: weakref.WeakValueDictionary[int, nn.Module] = weakref.WeakValueDictionary()
        self._optimizers: dict[int, weakref.ref[Optimizer]] = {}
        self._seen: set[int] = set()
        self._sights: dict[tuple[str, int], Sight] = {}
        self._made = 0
        self._called: dict[int, tuple[weakref.ref[nn.Module], str, bool]] = {}
        self._last: list[Sight] = []
        """What was in sight at the last look."""

    def install(self, patches: Patches) -> None:
        patches.enclose(nn.Module, "__init__", ("self",), self._module)
        patches.enclose(Optimizer, "__init__", ("self",), self._optimizer)

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

    def find_live(self) -> None:
        """All that there is already: the oldest first, as far as that can be told."""

        def wanted(kind: type) -> bool:
            return issubclass(kind, (Optimizer, nn.Module))

        aged = (tracked_objects(wanted, generation) for generation in (2, 1, 0))
        for thing in itertools.chain(frozen_objects(wanted), *aged):
            if issubclass(type(thing), Optimizer):
                self.meet(thing)
            else:
                self._keep(thing)

    def _remember(self, optimizer: Optimizer) -> None:
        number, key = next(self._count), id(optimizer)
        self._seen.add(key)

        def gone(_: Any) -> None:
            self._seen.discard(key)
            self._optimizers.pop(number, None)

        self._optimizers[number] = weakref.ref(optimizer, gone)

    def _module(self, module: nn.Module) -> Begun:
        yield
        self._keep(module)

    def _keep(self, module: nn.Module) -> None:
        with suppress_own:  # a class that cannot be referred to weakly is found by other ways
            self._modules.pop(id(module), None)
            self._modules[id(module)] = module

    def _optimizer(self, optimizer: Optimizer) -> Begun:
        yield
        with self._guard("an optimizer's making"):
            self.meet(optimizer)
            self._guard.meter.rest(False)  # its first step may be the next
            self._made += 1
            if self._made <= LOOKS or self._made & (self._made - 1) == 0:  # one a parameter: seldom
                self.look(sys._getframe(1))

    def look(self, frame: FrameType | None) -> None:
        """Remember what is in sight from a frame on outwards."""
        self._last = visible(frame)
        kept = {key: sight for key, sight in self._sights.items() if sight[1]() is not None}
        for word, ref in self._last:
            kept.setdefault((word, id(ref())), (word, ref))
        self._sights = kept

    def call(self, models: Sequence[tuple[nn.Module | None, str, bool]]) -> None:
        """From now on these are called so; whether that is for good."""
        self._called = {
            id(root): (weakref.ref(root), word, good)
            for root, word, good in models
            if root is not None
        }

    def word(self, root: nn.Module) -> str | None:
        """What a model is called in the layout; None where it is not in it."""
        known = self._called.get(id(root))
        return known[1] if known is not None and known[0]() is root else None

    def called(self) -> list[nn.Module]:
        """The models of the layout that are still there."""
        return [root for ref, _, _ in self._called.values() if (root := ref()) is not None]

    def words(self) -> dict[int, str]:
        """By id, what models that are still there are called for good."""
        known = [(ref(), word) for ref, word, good in self._called.values() if good]
        return {id(root): word for root, word in known if root is not None}

    def sights(self) -> list[tuple[str, Any]]:
        """Word and thing, for what is still there; first seen, first told."""
        found = [(word, ref()) for word, ref in self._sights.values()]
        return [(word, thing) for word, thing in found if thing is not None]

    def holds(self, tensors: Sequence[Tensor]) -> bool:
        """Whether the program still has any of them, as far as the last look and its modules tell."""
        wanted = {id(tensor) for tensor in tensors}
        if any(id(ref()) in wanted for _, ref in self._last):
            return True
        held = [attributes(module).get("_parameters") or {} for module in self.modules()]
        return any(id(tensor) in wanted for one in held for tensor in one.values())
