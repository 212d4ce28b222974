"""Which operation of torch's gave something that is not finite first."""

from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from gradtui.nan_trace.value_ranges import look

BY_INTENT = (
    "fill",
    "full",
    "where",
    "empty",
    "tri",
    "copy_",
    "resize",
    "index_put",
    "constant_pad",
)
"""Words in the names of operations that put infinities where they are wanted, as masks."""


class Operations(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """While it is on, `culprit` is the first operation to make an infinity or NaN of finite numbers."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.culprit = ""

    def __torch_dispatch__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        if self.culprit or not isinstance(function, torch._ops.OpOverload):
            return function(*args, **(kwargs or {}))
        name = function._schema.name.split("::")[-1]
        fresh = not any(word in name for word in BY_INTENT)
        given = fresh and _takes_tensors(args) and not _bad((args, tuple((kwargs or {}).values())))
        out = function(*args, **(kwargs or {}))
        if given and _bad(out):
            self.culprit = "conversion" if name == "_to_copy" else name.strip("_")
        return out


def _takes_tensors(args: tuple[Any, ...]) -> bool:
    return any(
        isinstance(one, Tensor) or (isinstance(one, (list, tuple)) and _takes_tensors(tuple(one)))
        for one in args
    )


def _bad(thing: Any) -> bool:
    if type(thing) in (Tensor, torch.nn.Parameter):
        return look(thing).bad
    if isinstance(thing, (tuple, list)):
        return any(_bad(one) for one in thing)
    return False
