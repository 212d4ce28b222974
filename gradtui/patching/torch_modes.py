"""Out of sight of the modes of a program that count or record what is done with tensors."""

from typing import Any

import torch
from torch.utils._python_dispatch import _disable_current_modes


class Unseen:
    """What is done in this block is seen by no function mode and by no dispatch mode, and calls no
    `__torch_function__`. One block for one use."""

    __slots__ = ("_functions", "_modes")

    def __enter__(self) -> None:
        self._functions: Any = torch._C.DisableTorchFunction()
        self._functions.__enter__()
        self._modes: Any = None
        if torch._C._len_torch_dispatch_stack():  # dear, and rare
            self._modes = _disable_current_modes()
            self._modes.__enter__()

    def __exit__(self, *error: object) -> None:
        if self._modes is not None:
            self._modes.__exit__(None, None, None)
        self._functions.__exit__(None, None, None)
