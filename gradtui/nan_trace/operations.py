"""Which operation of torch's gave something that is not finite first, where the program made it, and
what it was given."""

import sys
from types import FrameType
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from gradtui.core.autopsy import Argument
from gradtui.nan_trace.arguments import argument_of
from gradtui.nan_trace.source_lines import FRAMES, RERUN, place, theirs
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

ADDED = ("addmm", "baddbmm", "addbmm", "addmv")
"""They are given first what is added to a product."""


class MadeBad:
    """One operation that made an infinity of finite numbers, or NaN of numbers without."""

    def __init__(self, name: str, source: str, argument: Argument | None) -> None:
        self.name, self.source, self.argument = name, source, argument


class Operations(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """While it is on, `culprit` is the operation that what is not finite came of: the first to make
    NaN of numbers that are none, or, where that was of infinities, the one that made those. Without
    NaN, the first to make an infinity of finite numbers. Infinities of masks are nobody's fault."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._first: MadeBad | None = None
        self._nan: MadeBad | None = None
        self._makers: dict[int, tuple[Tensor, MadeBad]] = {}
        """Id of a tensor with infinities -> the tensor, for an id is of use only while it lives, and
        who made them."""

    @property
    def culprit(self) -> MadeBad | None:
        return self._nan or self._first

    def over(self) -> None:
        """Let go of tensors."""
        self._makers = {}

    def __torch_dispatch__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        if self._nan is not None or not isinstance(function, torch._ops.OpOverload):
            return function(*args, **(kwargs or {}))
        name = function._schema.name.split("::")[-1]
        given = _tensors((args, tuple((kwargs or {}).values())))
        before = [(one, look(one)) for one in given]
        argument = _argument(name, args, given) if name.endswith("_") else None
        out = function(*args, **(kwargs or {}))
        if any(seen.nan for _, seen in before) or any(word in name for word in BY_INTENT):
            self._hand_on(before, out)
            return out
        results = [(one, look(one)) for one in _tensors(out)]
        nan = any(seen.nan for _, seen in results)
        infinite = any(seen.bad for _, seen in before)
        if given and (nan or (not infinite and any(seen.bad for _, seen in results))):
            made = self._maker(before) or MadeBad(
                "conversion" if name == "_to_copy" else _plain(name),
                _source(sys._getframe(1)),
                argument or _argument(name, args, given),
            )
            if nan:
                self._nan = made
            elif self._first is None:
                self._first = made
            self._makers |= {id(one): (one, made) for one, seen in results if seen.bad}
        else:
            self._hand_on(before, out)
        return out

    def _maker(self, before: list[tuple[Tensor, Any]]) -> MadeBad | None:
        return next(
            (self._makers[id(one)][1] for one, _ in before if id(one) in self._makers), None
        )

    def _hand_on(self, before: list[tuple[Tensor, Any]], out: Any) -> None:
        made = self._maker(before)
        if made is not None:
            self._makers |= {id(one): (one, made) for one in _tensors(out) if look(one).bad}


def _source(frame: FrameType | None) -> str:
    """The innermost line that is neither torch's nor ours, of what we have called."""
    for _ in range(FRAMES):
        if frame is None or frame.f_globals.get("__name__") == RERUN:
            break
        if not theirs(str(frame.f_globals.get("__name__", ""))):
            return place(frame.f_code.co_filename, frame.f_lineno)
        frame = frame.f_back
    return ""


def _plain(name: str) -> str:
    """As the functions of torch are called that a program calls."""
    return name.strip("_").removesuffix("_forward")


def _argument(name: str, args: tuple[Any, ...], given: list[Tensor]) -> Argument | None:
    if not given:
        return None
    word, second = _plain(name), args[1] if len(args) > 1 else None
    own = second if word in ("div", *ADDED) and isinstance(second, Tensor) else given[0]
    return argument_of(word, own, exponent=second)


def _tensors(thing: Any) -> list[Tensor]:
    if type(thing) in (Tensor, torch.nn.Parameter):
        return [thing]
    if isinstance(thing, (tuple, list)):
        return [one for part in thing for one in _tensors(part)]
    return []
