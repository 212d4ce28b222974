"""Where a program has made a NaN that no graph holds: in targets, inputs and other tensors without a
gradient.

Nothing of the program is run. In its source, operations on its variables are looked for that have no finite
result for the numbers which these hold now: `torch.log(y)` where y is below 0, `(x - mean) / std` where std
is 0. One counts where its odd numbers are as many as those that were seen not to be finite.
"""

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import FrameType, ModuleType
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from gradtui.core.autopsy import Argument, Span
from gradtui.nan_trace.arguments import POLES, argument_of
from gradtui.nan_trace.operation_names import called, line_of
from gradtui.nan_trace.source_lines import SourceSearch, Variables, place
from gradtui.patching.own_errors import suppress_own
from gradtui.patching.torch_modes import Unseen

LARGEST = 1 << 22
"""Elements of a variable that is looked at."""
LINES = 2
"""Lines that are told, of which it is one; of more none."""
SHAPED = frozenset(("view", "reshape", "flatten", "ravel", "unsqueeze", "squeeze", "t"))
TYPED = frozenset(("float", "double", "detach", "clone", "contiguous", "astype"))
SAME = SHAPED | TYPED
"""Methods whose result holds the same numbers."""
SORTING = frozenset(("where", "nan_to_num", "nanmean", "nansum", "nanmedian"))
"""Calls that leave out what is not finite in what they are given."""
REDUCTIONS: Mapping[str, Callable[..., Any]] = {
    name: getattr(Tensor, name) for name in ("std", "var", "sum", "norm", "amax", "amin")
}
"""Methods that data is often divided by, and what they are."""


class MadeBy(NamedTuple):
    """An operation that a program makes on data."""

    operation: str
    source: str
    """ "train.py:41", or "train.py:41 or 44"."""
    argument: Argument
    """What it was given, of a division what it divides by."""


def made_by(bad: Span | None, frames: Iterable[FrameType], variables: Variables) -> MadeBy | None:
    """What has made `bad`, the numbers that are not finite, in what these frames run and call; None where
    nothing fits, or too much. `variables` reads a frame's own."""
    search = SourceSearch()
    for frame in frames:
        with suppress_own, torch.no_grad(), Unseen():
            scope = search.of_frame(frame, variables)
            found = {} if scope is None else _fitting(search, [scope], bad)
            if found:
                return _told(found)
    return None


Found = dict[tuple[str, int, str], MadeBy]


def _fitting(search: SourceSearch, scopes: list[Any], bad: Span | None) -> Found:
    """By file, line and operation."""
    found: Found = {}
    for scope, parts in search.visited(scopes):
        left_out = _left_out(parts)
        for part in (part for part in parts if part not in left_out):
            for operation, operand, exponent in _operations(part, scope.values):
                value = _value(operand, scope.values)
                told = None if value is None else argument_of(operation, value, exponent=exponent)
                if told is not None and _explains(told, bad):
                    line = line_of(part)
                    source = place(scope.file, line)
                    key = scope.file, line, operation
                    found.setdefault(key, MadeBy(operation, source, told))
    return found


def _left_out(parts: Iterable[ast.AST]) -> set[ast.AST]:
    calls = [part for part in parts if isinstance(part, ast.Call)]
    sorting = [call for call in calls if not SORTING.isdisjoint(called(call))]
    return {part for call in sorting for part in ast.walk(call)}


def _told(found: Found) -> MadeBy | None:
    """One, where they are of one operation."""
    first = next(iter(found.values()))
    if len(found) > LINES or any(one.operation != first.operation for one in found.values()):
        return None
    (file, *_), *more = found
    if any(other != file for other, *_ in more):
        return None
    return first._replace(source=" or ".join([first.source, *(str(line) for _, line, _ in more)]))


def _explains(told: Argument, bad: Span | None) -> bool:
    """Whether as many numbers are odd as were seen: each stands for as many as it was spread over."""
    if not told.odd or told.what in ("NaN", "infinite"):
        return False
    return bad is None or bad.nonfinite * told.size == told.odd * bad.size


def _operations(part: ast.AST, values: Mapping[str, Any]) -> Iterator[tuple[str, ast.expr, object]]:
    """Operations that may have no result, with the operand that decides, and the exponent of a power."""
    if isinstance(part, ast.BinOp) and isinstance(part.op, ast.Div):
        yield "div", part.right, None
    elif isinstance(part, ast.AugAssign) and isinstance(part.op, ast.Div):
        yield "div", part.value, None
    elif isinstance(part, ast.BinOp) and isinstance(part.op, ast.Pow):
        yield "pow", part.left, _literal(part.right)
    elif isinstance(part, ast.Call):
        given = _given(part, values)
        for word in called(part):
            if word in ("div", "pow") and len(given) > 1:
                yield word, given[word == "div"], _literal(given[1])
            elif word in POLES and word not in ("div", "pow") and given:
                yield word, given[0], None


def _given(call: ast.Call, values: Mapping[str, Any]) -> list[ast.expr]:
    """What an operation is made of: of a method what it is called on comes first."""
    function = call.func
    if not isinstance(function, ast.Attribute):
        return call.args
    held = values.get(function.value.id) if isinstance(function.value, ast.Name) else None
    return call.args if isinstance(held, ModuleType) else [function.value, *call.args]


def _literal(node: ast.AST) -> Any:
    """A number that stands there; None for anything else."""
    with suppress_own:
        value = ast.literal_eval(node)
        return value if isinstance(value, (int, float)) else None
    return None


def _value(node: ast.expr, values: Mapping[str, Any]) -> Tensor | None:
    """The numbers that an expression holds, as long as it is a variable, or one of a few reductions of
    one."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        inner = _value(node.func.value, values)
        if inner is None or node.func.attr in SAME:
            return inner
        return _reduced(node, inner)
    return _numbers(_thing(node, values))


def _reduced(node: ast.Call, inner: Tensor) -> Tensor | None:
    assert isinstance(node.func, ast.Attribute)
    made = REDUCTIONS.get(node.func.attr)
    if made is None:
        return None
    with suppress_own:
        given = [ast.literal_eval(one) for one in node.args]
        named = {one.arg: ast.literal_eval(one.value) for one in node.keywords if one.arg}
        found = made(inner, *given, **named)
        return found if isinstance(found, Tensor) else None
    return None


def _thing(node: ast.expr, values: Mapping[str, Any]) -> Any:
    """A variable, what one holds under a name, or an item of a dictionary; None for anything else."""
    if isinstance(node, ast.Name):
        return values.get(node.id)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return _held(values.get(node.value.id), node.attr)
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        whole = _thing(node.value, values)
        return whole.get(node.slice.value) if type(whole) is dict else None
    return None


def _held(thing: Any, name: str) -> Any:
    """Without asking it."""
    with suppress_own:
        own = object.__getattribute__(thing, "__dict__")
        buffers = own.get("_buffers") if issubclass(type(thing), nn.Module) else None
        return own[name] if name in own else (buffers or {}).get(name)
    return None


def _numbers(thing: Any) -> Tensor | None:
    """As floating-point numbers, of what is a plain tensor or array on the host."""
    if type(thing) is np.ndarray and thing.dtype.kind in "fiu" and thing.dtype.itemsize > 1:
        thing = torch.from_numpy(thing.astype(np.float64)) if 0 < thing.size <= LARGEST else None
    plain = type(thing) is Tensor and thing.is_cpu and thing.layout is torch.strided
    if not plain or not 0 < thing.numel() <= LARGEST or thing.is_complex() or thing.is_quantized:
        return None
    value: Tensor = thing.detach()
    return value if value.is_floating_point() else value.double()
