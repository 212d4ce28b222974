"""Gradients that a program takes with torch.func: nothing to hold on to, which is said once."""

import atexit

import torch

from gradtui.instrument.exception_guard import ExceptionGuard
from gradtui.instrument.patches import Begun, Patches

OFTEN = 10
"""Calls without any step being seen after which one need not wait for the end to say it."""

NOTICE = (
    "torch.func hands gradients over where they cannot be seen: put them into the parameters' .grad "
    "and call an optimizer's step(), and gradtui run, or gradtui.watch(model), records them."
)


class TorchFunc:
    """Says that nothing will be seen, if nothing was."""

    def __init__(self, guard: ExceptionGuard) -> None:
        self._guard = guard
        self._calls = 0

    def install(self, patches: Patches) -> None:
        for name in ("grad", "grad_and_value"):
            patches.enclose(torch.func, name, (), self._called)

    def close(self) -> None:
        atexit.unregister(self._say)

    def forget(self) -> None:
        self._calls = 0

    def _called(self) -> Begun:
        with self._guard("torch.func"):
            self._calls += 1
            if self._calls == 1:
                atexit.register(self._say)
            elif self._calls == OFTEN:
                self._say()
        yield

    def _say(self) -> None:
        if not self._guard.meter.steps:
            self._guard.say(NOTICE, key=NOTICE, most=1)
