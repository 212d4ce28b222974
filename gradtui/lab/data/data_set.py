"""What a data set is: the facts that scenario files are checked against, and how it is drawn.

Who lists scenarios reads the facts, and neither has torch nor waits for it: a data set imports it where
it is drawn.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from torch import Generator as Generator
    from torch import Tensor as Tensor
else:
    Generator = Tensor = Any

Form = Literal["image", "vector", "sequence", "eight steps", "points and fakes"]
"""Of one example, which models are made for: 8 x 8 pixels in a line, any numbers in a line, numbers
at any number of time steps or at eight, a point beside a fake one."""


class DataKeys(Protocol):
    """What a scenario says of its data: `[data]` in docs/scenario-files.md."""

    @property
    def length(self) -> int: ...
    @property
    def features(self) -> int: ...
    @property
    def outputs(self) -> int: ...
    @property
    def examples(self) -> int: ...
    @property
    def target_scale(self) -> float: ...


@dataclass(frozen=True)
class Task:
    """`inputs` [examples, ...] and `targets` [examples, ...], both on the CPU.

    `kind` is "classification" (targets are class numbers), "regression" or "critic" (targets are the
    fake points that the critic must tell from the real inputs).
    """

    kind: str
    inputs: Tensor
    targets: Tensor
    classes: int = 0
    outputs: int = 1


@dataclass(frozen=True, slots=True)
class DataSet:
    """`examples` there are, 0 where the scenario says how many are drawn."""

    form: Form
    draw: Callable[[DataKeys, Generator], Task]
    """From the generator alone: the same on every machine and device."""
    examples: int = 0
    steps: int = 0
    """Time steps; -1: the scenario's `length`."""
    numbers: int = 0
    """Of one example; -1: `features` and `outputs`, as the scenario has them."""
    numbers_a_step: int = 0
