"""The pace of a training that is attached to while it goes, and what that training says of itself.

`TRUTH` in the environment is a path: in its folder each rank leaves its process number once it is some steps
into the training, and goes slowly until there is a file `hurry`. Arithmetic does not hang on it.
"""

import json
import os
import sys
import threading
import time
from pathlib import Path

import torch
import truth
from torch import nn
from torch.optim import optimizer as hooks

STEPS = 600
BEGUN = 20
"""Steps after which a process says that it can be attached to."""
PAUSE, LATE = 0.02, 0.25
"""Seconds between two steps; and between the last hundred, if nobody has attached by then."""
FUNCTIONS = (
    *(torch.autograd.backward, torch.autograd.grad, torch.Tensor.backward),
    *(nn.Module.__call__, nn.Module.__init__, nn.utils.clip_grad_norm_, torch.optim.Adam.step),
)
"""Some that are patched in a process that is watched."""


class Pace:
    """One rank's: `step` after each of its steps, `end` after the last."""

    def __init__(self, rank: int = 0) -> None:
        self.rank, self._taken = rank, 0
        self._folder = Path(os.environ["TRUTH"]).parent
        self._codes = _codes()

    def step(self, loss: torch.Tensor | float) -> None:
        truth.line(loss, {})
        self._taken += 1
        if self._taken == BEGUN:
            fresh = self._folder / f"new.{self.rank}"
            fresh.write_text(str(os.getpid()))
            fresh.rename(self._folder / f"pid.{self.rank}")
        if not (self._folder / "hurry").exists():
            time.sleep(PAUSE if self._taken < STEPS - 100 else LATE)

    def end(self, *modules: nn.Module, strange: int = 0) -> None:
        """Write it all. `strange`: batches of workers that had gradtui in them."""
        truth.end(*modules, rank=self.rank)
        traces = {
            "hooks": len(hooks._global_optimizer_pre_hooks)
            + len(hooks._global_optimizer_post_hooks),
            "functions": sum(a is not b for a, b in zip(self._codes, _codes(), strict=True)),
            "threads": sum("gradtui" in thread.name for thread in threading.enumerate()),
            "names": sum("gradtui" in str(name) for name in vars(sys.modules["__main__"])),
            "workers": strange,
        }
        (self._folder / f"traces.{self.rank}").write_text(json.dumps(traces))


def _codes() -> list[object]:
    """What they run, beneath a decorator."""
    return [getattr(f, "__wrapped__", f).__code__ for f in FUNCTIONS]
