"""A callback for the Trainer of Hugging Face transformers.

from gradtui.integrations.huggingface import GradtuiCallback

Trainer(model, arguments, callbacks=[GradtuiCallback()]).train()
"""

import functools
from typing import Any

import torch
from torch import nn

from gradtui.integrations.recording import RecordingCallback

try:
    from transformers import TrainerCallback
except ImportError as error:
    raise ImportError(
        "GradtuiCallback needs transformers: pip install 'transformers[torch]'"
    ) from error


class GradtuiCallback(RecordingCallback, TrainerCallback):  # type: ignore[misc]  # untyped
    """Records every optimizer step of `Trainer.train`, under the names of the model.

    Accumulation, clipping, precision and distribution are as they were; evaluation has no steps and
    leaves no trace. All processes of one training record into one run. Training that goes on from a
    checkpoint is another run. The Trainer tells its callbacks of no exception, so the first
    GradtuiCallback of a process puts a wrapper around `Trainer.train` that does: what raises out of
    it is recorded as a failure.

    `name` is the run's, by default that of the program; `directory` is the run's own, by default
    a new one among the others; `overhead` is the share of training time that may be spent on it;
    with `autopsy` False no module is ever called again to find where a NaN was born, with `catch_nan`
    norms of every step are taken before its update until one is found.
    """

    def _made(self) -> None:
        _tell_of_errors()

    def on_train_begin(
        self, args: Any, state: Any, control: Any, model: nn.Module | None = None, **others: Any
    ) -> None:
        """Model and optimizer are ready; a second time where a smaller batch is tried."""
        if model is not None:
            share = _from_first if args.world_size > 1 else str
            self._recording.begin(model, args.process_index, share)

    def on_train_end(self, args: Any, state: Any, control: Any, **others: Any) -> None:
        """All epochs are over."""
        self._recording.end()

    def on_train_error(self, error: BaseException) -> None:
        """`Trainer.train` has raised."""
        self._recording.failed(error)


def _from_first(word: str) -> str:
    """What the first process says, in all of them."""
    distributed = torch.distributed
    if not (distributed.is_available() and distributed.is_initialized()):
        return word
    words = [word]
    distributed.broadcast_object_list(words, src=0)
    return words[0]


def _tell_of_errors() -> None:
    """Once in a process: `Trainer.train` tells our callbacks what raises out of it."""
    from transformers import Trainer

    original = Trainer.train
    if hasattr(original, "tells_gradtui"):
        return

    @functools.wraps(original)
    def train(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return original(self, *args, **kwargs)
        except BaseException as error:
            for callback in self.callback_handler.callbacks:
                if isinstance(callback, GradtuiCallback):
                    callback.on_train_error(error)
            raise

    setattr(train, "tells_gradtui", True)  # noqa: B010 - a function has no such attribute to mypy
    Trainer.train = train
