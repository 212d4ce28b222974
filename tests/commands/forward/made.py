"""Batches, addresses and channels for the tests beside."""

from collections.abc import Callable, Sequence
from typing import Any

from gradtui.commands.forward.address import Address
from gradtui.commands.forward.channels.channel import RefusedError
from gradtui.commands.forward.records import Batch, RunAbout, Standing, StepValues, Told

ABOUT = RunAbout("20261121-train-3f9a07", "python train.py", 1)
MOMENT = 1_796_000_000.0
FINDING = Told(
    "finding",
    12,
    MOMENT,
    "exploding_gradient",
    "critical",
    "the norm is 1e9",
    "the learning rate is too high",
    "lower it",
    ("0", "2"),
)


def bare(step: int, loss: float = 1.0) -> StepValues:
    return StepValues(step, MOMENT + step, {"loss": loss, "lr": 0.1})


def measured(step: int, layers: Sequence[str] = ("0", "2")) -> StepValues:
    values = {"total_norm": 2.0 + step, "update_ratio": 1e-3}
    norms = dict.fromkeys(layers, 1.0 + step)
    return StepValues(step, MOMENT + step, values, {"grad_norm": norms})


def batch(steps: int = 5, *told: Told) -> Batch:
    standing = Standing(steps - 1, MOMENT + steps, "healthy", "ok", {})
    return Batch(
        [bare(i) for i in range(steps)] + [measured(i) for i in range(steps)], told, standing
    )


class FakeChannel:
    """Takes everything, or says what `answers` holds, one after the other."""

    limits: tuple[str, ...] = ()

    def __init__(self, *answers: Exception | int) -> None:
        self.answers = list(answers)
        self.taken: list[Batch] = []
        self.closed: list[bool] = []

    def send(self, batch: Batch) -> int:
        answer = self.answers.pop(0) if self.answers else 0
        if isinstance(answer, Exception):
            raise answer
        self.taken.append(batch)
        return answer

    def close(self, *, failed: bool) -> None:
        self.closed.append(failed)


def gone(words: str = "connection refused") -> RefusedError:
    return RefusedError(words, again=True)


def opening(channel: Any) -> Callable[[], Any]:
    return lambda: channel


OTLP = Address("otlp", "http://me:secret@collector:4318")
