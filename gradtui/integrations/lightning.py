"""A callback for Lightning, imported as `lightning` or as `pytorch_lightning`.

from gradtui.integrations.lightning import GradtuiCallback

Trainer(callbacks=[GradtuiCallback()]).fit(model)
"""

import functools
import importlib
import sys
from collections.abc import Callable
from typing import Any, Self

from torch import nn

from gradtui.integrations.recording import RecordingCallback

PACKAGES = ("lightning.pytorch", "pytorch_lightning")
"""The same framework under two names; a trainer of one takes no callbacks of the other."""


class GradtuiCallback(RecordingCallback):
    """Records every optimizer step of `Trainer.fit`, under the names of the LightningModule.

    Automatic and manual optimization, accumulation, clipping, precision and strategies are as they
    were; the sanity check and validation have no steps and leave no trace. All processes of one
    training record into one run. What raises out of training is recorded as a failure.

    `name` is the run's, by default that of the program; `directory` is the run's own, by default
    a new one among the others; `overhead` is the share of training time that may be spent on it;
    with `autopsy` False no module is ever called again to find where a NaN was born, with `catch_nan`
    norms of every step are taken before its update until one is found.
    An instance is a `Callback` of whichever Lightning the program has imported.
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        asked_for: Any = cls
        kind: type[Self] = _adopted(asked_for, _callbacks())
        return object.__new__(kind)

    def on_train_start(self, trainer: Any, pl_module: nn.Module) -> None:
        """The sanity check is over."""
        share = trainer.strategy.broadcast if trainer.world_size > 1 else str
        self._recording.begin(pl_module, trainer.global_rank, share)

    def on_train_end(self, trainer: Any, pl_module: nn.Module) -> None:
        """All epochs are over."""
        self._recording.end()

    def on_exception(self, trainer: Any, pl_module: nn.Module, exception: BaseException) -> None:
        """Fit has raised."""
        self._recording.failed(exception)

    def teardown(self, trainer: Any, pl_module: nn.Module, stage: str) -> None:
        """Fit is over, however it went."""
        self._recording.end()

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[type], dict[str, Any]]:
        """Spawning strategies pickle callbacks; the class that was adopted has no name to go by."""
        return _anew, (vars(type(self)).get("_asked_for", type(self)),), vars(self)


def _callbacks() -> tuple[type, ...]:
    """The base class of callbacks that the program uses, of both packages where it has both."""
    found = [module for name in PACKAGES if (module := sys.modules.get(name)) is not None]
    for name in PACKAGES:
        if not found:
            try:
                found = [importlib.import_module(name)]
            except ModuleNotFoundError as error:
                if error.name is None or not name.startswith(error.name):
                    raise
    if not found:
        raise ImportError("GradtuiCallback needs Lightning: pip install lightning")
    return tuple(module.Callback for module in found)


@functools.cache
def _adopted(cls: Any, bases: tuple[type, ...]) -> Any:
    """The same class with those bases beside its own."""
    if issubclass(cls, bases):
        return cls
    own = {"__module__": cls.__module__, "__qualname__": cls.__qualname__, "__doc__": cls.__doc__}
    return type(cls.__name__, (cls, *bases), own | {"_asked_for": cls})


def _anew(cls: Any) -> Any:
    return cls.__new__(cls)
