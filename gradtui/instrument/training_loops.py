"""How long a program means to train: read from the loops around a step, in its source and in what its
variables hold. Nothing of the program is run; what cannot be told so is not known.
"""

import ast
import math
from collections.abc import Callable, Iterable, Mapping
from types import FrameType
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.utils.data import (
    BatchSampler,
    DataLoader,
    RandomSampler,
    SequentialSampler,
    Subset,
    TensorDataset,
)

from gradtui.nan_trace.source_lines import SourceSearch, Variables
from gradtui.patching.own_errors import suppress_own

MOST = 1 << 50
"""Turns of a loop that are believed."""
SHORT = 10
"""Turns of a loop that goes through a few networks, or parts of a batch, and not through data."""
DEEPEST = 8
"""Loops that are around one another, and expressions within one another."""
BARS = frozenset(("tqdm", "trange", "track", "progress_bar", "auto_tqdm", "prange"))
"""Functions whose first argument is gone through, with a bar of progress."""
RUNNERS = frozenset(
    (
        "pytest",
        "_pytest",
        "pluggy",
        "unittest",
        "IPython",
        "ipykernel",
        "asyncio",
        "concurrent",
        "click",
        "typer",
        "fire",
        "hydra",
        "absl",
        "multiprocessing",
    )
)
"""Packages that call a program's functions, and train nothing."""
LIGHTNING, FIT_LOOP = ("lightning", "pytorch_lightning"), "_FitLoop"
"""Whose loops are `while`, and the class that knows how far they go."""
UNNAMED = ("<genexpr>", "<listcomp>", "<setcomp>", "<dictcomp>")
"""Code of loops that are expressions."""
CONTAINERS = (list, tuple, dict, set, frozenset, range, str, bytes)


class Loop(NamedTuple):
    """One `for` that is under way."""

    length: int
    """Turns in all."""
    at: int | None
    """Turns that are over; None where no variable tells."""
    name: str = ""
    """What its variable is called."""


class Plan(NamedTuple):
    """The loops around a step, the outermost first, all of known length."""

    loops: tuple[Loop, ...]

    @property
    def turns(self) -> int:
        """Of the innermost loop, in all."""
        return math.prod(loop.length for loop in self.loops)

    @property
    def over(self) -> int | None:
        """Turns of the innermost loop that are over; None where that is not known."""
        found = 0
        for loop in self.loops:
            if loop.at is None:
                return None
            found = found * loop.length + loop.at
        return found

    @property
    def begun(self) -> int:
        """Turns that were over when the innermost loop was begun, as far as is known."""
        found = 0
        for loop in self.loops[:-1]:
            found = found * loop.length + (loop.at or 0)
        return found * self.loops[-1].length

    @property
    def of_epoch(self) -> int:
        """Turns of the innermost loop in one of a loop that counts epochs, by its name or as one around a
        loop that is not short; 0 where there is none."""
        inner = self.loops[-1].length
        named = [i for i, loop in enumerate(self.loops) if "epoch" in loop.name.lower()]
        if not named and (len(self.loops) < 2 or inner < SHORT):
            return 0
        within = self.loops[(named[-1] if named else len(self.loops) - 2) + 1 :]
        return math.prod(loop.length for loop in within) if within else 0


For = ast.For | ast.AsyncFor | ast.While
KnownLoops = dict[tuple[str, int, str, int], tuple[For, ...]]
"""By file, first line and name of some code and a line of it, the loops around that, the outermost first."""


def plan(
    frames: Iterable[FrameType], variables: Variables, known: KnownLoops | None = None
) -> Plan | None:
    """Of the loops that are under way in these frames, the innermost frame first; None where the end of one
    is not known, or where there is none. `variables` reads a frame's own. What is `known` need not be read
    in the source; more is added to it."""
    search, found = SourceSearch(), list[Loop]()
    known = {} if known is None else known
    for frame in frames:
        package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        if package in RUNNERS:
            break  # its loops are not the program's
        if package in LIGHTNING:
            held = variables(frame).get("self")
            if type(held).__name__ != FIT_LOOP:
                continue  # what it goes through it has counted
            outer = _of_lightning(held)
            if not outer:
                return None
            found = [*outer, *found]
            break
        if frame.f_code.co_name in UNNAMED:
            return None
        with suppress_own:
            code = frame.f_code
            key = code.co_filename, code.co_firstlineno, code.co_name, frame.f_lineno
            if key not in known:
                scope = search.of_frame(frame, variables)
                known[key] = () if scope is None else _around(scope.body, frame.f_lineno)
            values = {**frame.f_globals, **variables(frame)} if known[key] else {}
            loops = [_loop(one, values) for one in known[key]]
            if any(loop is None for loop in loops):
                return None
            found = [*(loop for loop in loops if loop is not None), *found]
            continue
        return None
    found = [loop for loop in found if loop.length > 1]
    whole = 0 < len(found) <= DEEPEST and math.prod(loop.length for loop in found) <= MOST
    return Plan(tuple(found)) if whole else None


def _of_lightning(fit: object) -> list[Loop]:
    """Epochs and batches, as Lightning's own loop has them; none where they have no end."""
    with suppress_own:
        epochs, batches = _held(fit, "max_epochs"), _held(fit, "max_batches")
        within = _held(fit, "epoch_loop")
        turns = _counted(_held(fit, "epoch_progress")), _counted(_held(within, "batch_progress"))
        if type(epochs) is int and type(batches) is int and epochs > 0 < batches:
            return [Loop(epochs, turns[0], "epoch"), Loop(batches, turns[1])]
    return []


def _counted(progress: object) -> int | None:
    begun = _held(_held(progress, "current"), "ready")
    return begun - 1 if type(begun) is int and begun > 0 else None


def _around(body: ast.AST, line: int) -> tuple[For, ...]:
    """The loops whose bodies this line is in, the outermost first."""
    kinds = ast.For, ast.AsyncFor, ast.While
    found = [one for one in ast.walk(body) if isinstance(one, kinds) and _holds(one, line)]
    return tuple(sorted(found, key=lambda one: one.lineno))


def _holds(loop: For, line: int) -> bool:
    return loop.body[0].lineno <= line <= (loop.body[-1].end_lineno or 0)


def _loop(loop: For, values: Mapping[str, Any]) -> Loop | None:
    """None where its end is not known."""
    if isinstance(loop, (ast.While, ast.AsyncFor)):
        return None
    found = _gone_through(loop.iter, loop.target, values, 0)
    targets = [one.id for one in ast.walk(loop.target) if isinstance(one, ast.Name)]
    return found and found._replace(name=targets[0] if targets else "")


def _gone_through(
    iterated: ast.expr, target: ast.expr | None, values: Mapping[str, Any], depth: int
) -> Loop | None:
    if depth > DEEPEST:
        return None
    if isinstance(iterated, ast.Call):
        name = _name(iterated.func)
        if name in ("range", "trange") and 1 <= len(iterated.args) <= 3:
            bounds = [_whole(one, values) for one in iterated.args]
            known = [one for one in bounds if one is not None]
            if len(known) < len(bounds) or (len(known) == 3 and known[2] == 0):
                return None
            whole = range(*known)
            return Loop(len(whole), _index(target, values, whole))
        if name == "enumerate" and iterated.args:
            pair = target.elts if isinstance(target, ast.Tuple) and len(target.elts) == 2 else ()
            inner = _gone_through(iterated.args[0], None, values, depth + 1)
            if inner is None:
                return None
            start = _start(iterated, values)
            if start is None or not pair:
                return inner
            return Loop(inner.length, _index(pair[0], values, range(start, start + inner.length)))
        if name in BARS and iterated.args:
            return _gone_through(iterated.args[0], target, values, depth + 1)
        if name == "zip" and iterated.args:
            found = [_gone_through(one, None, values, depth + 1) for one in iterated.args]
            lengths = [one.length for one in found if one is not None]
            return Loop(min(lengths), None) if len(lengths) == len(found) else None
        if name == "islice" and len(iterated.args) == 2:
            most = _whole(iterated.args[1], values)
            inner = _gone_through(iterated.args[0], None, values, depth + 1)
            lengths = [one for one in (most, inner and inner.length) if one is not None]
            return Loop(min(lengths), None) if most is not None else None
        if name in ("split", "chunk") and isinstance(iterated.func, ast.Attribute):
            return _split(iterated, name, values)
    if isinstance(iterated, (ast.Tuple, ast.List)):
        starred = any(isinstance(one, ast.Starred) for one in iterated.elts)
        return None if starred else Loop(len(iterated.elts), None)
    length = _length(_thing(iterated, values))
    return None if length is None else Loop(length, None)


def _split(call: ast.Call, name: str, values: Mapping[str, Any]) -> Loop | None:
    """Of a tensor's `split(size)` or `chunk(count)`."""
    assert isinstance(call.func, ast.Attribute)
    held = _thing(call.func.value, values)
    size = _whole(call.args[0], values) if len(call.args) == 1 else None
    if type(held) is not Tensor or not held.dim() or not size or size < 0:
        return None
    length = -(-held.shape[0] // size)
    return Loop(length if name == "split" else -(-held.shape[0] // max(length, 1)), None)


def _start(call: ast.Call, values: Mapping[str, Any]) -> int | None:
    """What an `enumerate` begins with."""
    given = [*call.args[1:], *(word.value for word in call.keywords if word.arg == "start")]
    return _whole(given[0], values) if given else 0


def _index(target: ast.expr | None, values: Mapping[str, Any], whole: range) -> int | None:
    """How many of `whole` were before what the loop's variable holds now."""
    held = values.get(target.id) if isinstance(target, ast.Name) else None
    return whole.index(held) if type(held) is int and held in whole else None


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


_ARITHMETIC: Mapping[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.FloorDiv: lambda a, b: a // b,
    ast.Mod: lambda a, b: a % b,
}


def _whole(node: ast.expr, values: Mapping[str, Any], depth: int = 0) -> int | None:
    """A whole number that an expression gives, made of numbers that are there, and of lengths."""
    if depth > DEEPEST:
        return None
    if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
        parts = [_whole(one, values, depth + 1) for one in (node.left, node.right)]
        known = [one for one in parts if one is not None and abs(one) <= MOST]
        divides = isinstance(node.op, (ast.FloorDiv, ast.Mod))
        if len(known) < 2 or (divides and not known[1]):
            return None
        return _ARITHMETIC[type(node.op)](*known)
    if isinstance(node, ast.Call) and _name(node.func) in ("int", "len", "max", "min"):
        return _called(node, values, depth)
    held = node.value if isinstance(node, ast.Constant) else _thing(node, values)
    return held if type(held) is int and abs(held) <= MOST else None


def _called(node: ast.Call, values: Mapping[str, Any], depth: int) -> int | None:
    name, given = _name(node.func), node.args
    if name == "len" and len(given) == 1:
        return _length(_thing(given[0], values))
    parts = [_whole(one, values, depth + 1) for one in given]
    known = [one for one in parts if one is not None]
    if not known or len(known) < len(parts):
        return None
    return known[0] if name == "int" else max(known) if name == "max" else min(known)


def _thing(node: ast.expr, values: Mapping[str, Any], depth: int = 0) -> Any:
    """What a variable holds, or one held by it under a name or key; None for anything else."""
    if depth > DEEPEST:
        return None
    if isinstance(node, ast.Name):
        return values.get(node.id)
    if isinstance(node, ast.Attribute):
        return _held(_thing(node.value, values, depth + 1), node.attr)
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        whole, key = _thing(node.value, values, depth + 1), node.slice.value
        return whole.get(key) if type(whole) is dict else None
    return None


def _held(thing: Any, name: str) -> Any:
    """An attribute, without asking for it: an object's own, else its class's."""
    with suppress_own:
        own = object.__getattribute__(thing, "__dict__")
        if name in own:
            return own[name]
        kinds = type.__mro__.__get__(thing if issubclass(type(thing), type) else type(thing))
        found = next((vars(kind)[name] for kind in kinds if name in vars(kind)), None)
        return found if type(found) in (int, *CONTAINERS) else None
    return None


def _length(thing: Any, depth: int = 0) -> int | None:
    """Of plain containers, tensors and torch's own loaders and data sets, and of data sets whose length is an
    attribute, or that of one."""
    if depth > DEEPEST:
        return None
    kind = type(thing)
    if kind in CONTAINERS:
        return len(thing)
    if kind is Tensor:
        return int(thing.shape[0]) if thing.dim() else None
    if kind is DataLoader:
        return _batches(thing, depth)
    if kind is Subset:
        return _length(thing.indices, depth + 1)
    if kind is TensorDataset:
        return _length(thing.tensors[0], depth + 1)
    if issubclass(kind, torch.utils.data.Dataset):
        return _of_data_set(thing, depth)
    return None


def _batches(loader: Any, depth: int) -> int | None:
    own = vars(loader)
    batches, sampler = own.get("batch_sampler"), own.get("sampler")
    if batches is not None and type(batches) is not BatchSampler:
        return None
    if type(sampler) is RandomSampler and sampler._num_samples is not None:
        size: int | None = sampler._num_samples
    elif type(sampler) in (RandomSampler, SequentialSampler):
        size = _length(own.get("dataset"), depth + 1)
    else:
        size = own.get("num_samples") if sampler is None else vars(sampler).get("num_samples")
    if type(size) is not int:
        return None
    if batches is None:
        return size
    each = batches.batch_size
    return size // each if batches.drop_last else -(-size // each)


def _of_data_set(thing: Any, depth: int) -> int | None:
    """`return len(self.NAME)`, `return self.NAME` and `return NUMBER` are read; other code is not run."""
    function = next((vars(k)["__len__"] for k in type(thing).__mro__ if "__len__" in vars(k)), None)
    if function is None or not hasattr(function, "__code__"):
        return None
    scope = SourceSearch().of_function(function)
    body = getattr(scope and scope.body, "body", [])
    body = [one for one in body if not _is_text(one)]
    if len(body) != 1 or not isinstance(body[0], ast.Return) or body[0].value is None:
        return None
    return _whole(body[0].value, {function.__code__.co_varnames[0]: thing}, depth + 1)


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
