"""Where a NaN or an infinity was born: what running the step once more has found out."""

from dataclasses import dataclass
from typing import NamedTuple

AROUND = 20
"""Modules that are told about at most, the one in question among them."""


class Span(NamedTuple):
    """Absolute values of some tensors together: smallest and largest of those that are finite, how
    many are not, how many there are."""

    low: float
    high: float
    nonfinite: int
    size: int


class Argument(NamedTuple):
    """What one operation was given: the smallest and the largest of its finite numbers, with their
    signs; `odd` of `size` are `what`, such as "below 0"; `what` is "" where nothing is odd."""

    low: float
    high: float
    odd: int
    size: int
    what: str = ""

    def __str__(self) -> str:
        text = f"{self.low:.3g}"
        if self.high != self.low:
            text += f" .. {self.high:.3g}"
        return f"{text}, {self.odd:,} of {self.size:,} {self.what}" if self.what else text


@dataclass(frozen=True, slots=True)
class ModuleRange:
    """One call of a module in the order of execution; None where there is nothing to tell.

    `gradient` is what flowed back into its output; it is known after an examination of backward.
    """

    path: str
    kind: str
    inputs: Span | None = None
    outputs: Span | None = None
    weights: Span | None = None
    gradient: Span | None = None


@dataclass(frozen=True, slots=True)
class Autopsy:
    """What the first NaN or infinity of a run came from.

    `phase`: "data" (it was in the batch), "forward" (an output, or the loss), "backward" (a
    gradient), "weights" (the update of `step` left it in a parameter), "" where it is not known.
    `module` is the path of the module, empty for the loss function and for code outside all modules;
    `kind` its type; `call` counts its calls within the pass, from 0, where there are several.
    `tensor` is "output", "loss", "targets", "gradient of the input", "NAME.grad", the name of a
    parameter or a place in the batch.
    """

    step: int
    phase: str
    module: str = ""
    kind: str = ""
    tensor: str = ""
    words: str = ""
    """One sentence for people."""
    code: str = ""
    """Where in a module's own code it happened when none of its submodules explains it, such as
    "between fc1 and fc2"; in a loss function behind which operation, such as "after softmax"; empty
    otherwise."""
    operation: str = ""
    """The operation that gave it, or whose backward did, in torch's word for it; empty where it is
    not known."""
    source: str = ""
    """File and line of the program that made the operation, such as "train.py:41", or several of
    which it is one, "train.py:41 or 44"; empty where it is not known."""
    argument: Argument | None = None
    """What the operation itself was given, of a division what it divides by."""
    call: int = 0
    inputs: Span | None = None
    outputs: Span | None = None
    weights: Span | None = None
    """Of the module in question, or of the outputs that went into the loss."""
    around: tuple[ModuleRange, ...] = ()
    """At most `AROUND` calls of modules, in the order of execution."""
    at: int = -1
    """Which of them it is, -1 for none of them."""
    float32_would_hold: bool | None = None
    """Whether the same module in float32 gives finite numbers from the same inputs; None where
    nothing was computed in half precision, or it could not be tried."""
    reproduced: bool = True
    """False where running the step once more gave finite numbers, or was not possible."""

    @property
    def known(self) -> bool:
        """Whether it tells where it came from: by a second run, or by the graph of the loss alone."""
        return self.reproduced or bool(self.operation)
