"""`gradtui.log()`: values under names, for whoever records this process."""

from collections.abc import Callable, Mapping
from typing import Any

Receiver = Callable[[Any, dict[str, Any], Any], None]
"""Given a mapping from names to values, or None, values by name as well, and the step that the program
names or None. Raises nothing."""

receivers: list[Receiver] = []
"""Those that record this process now."""


def log(
    values: Mapping[str, Any] | None = None, /, *, step: float | None = None, **named: Any
) -> None:
    """Record values beside the gradients: `gradtui.log(accuracy=0.93)`, or
    `gradtui.log({"val/loss": 0.4}, step=epoch)` where a name is no word of Python's.

    A value is a number, of Python or numpy, or a tensor of one element; one on an accelerator is not
    waited for. What is not finite is kept. Anything else is passed over. `step` is kept as it is given;
    curves are drawn over the optimizer's steps, which are counted without it. Where nothing is recorded
    this does nothing, and it never raises on account of a value.
    """
    for receive in tuple(receivers):
        receive(values, named, step)
