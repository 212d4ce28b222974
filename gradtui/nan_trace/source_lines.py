"""In which lines of a program an operation is made, going by its source: what is in the functions that
run, and in those that they call.

A loss function cannot be run once more, and its graph does not tell where it was made. Source is read
and nothing of it is run.
"""

import ast
import linecache
import os
import re
import sysconfig
import tokenize
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType, FunctionType, MethodType, ModuleType
from typing import Any

import torch

import gradtui
from gradtui.nan_trace.operation_names import fits, line_of, words_of
from gradtui.patching.own_errors import suppress_own

LARGEST = 1 << 21
"""Characters of a file that is read."""
DEEPEST = 4
"""Functions that call one another."""
FUNCTIONS = 200
LINES = 3
"""Lines that are told, of which it is one; of more none."""
FRAMES = 40
OPERANDS = 3
"""How much more its own operands tell than what else is in the same statement."""
PACKAGES = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}", "<frozen ")
STANDARD = f"{sysconfig.get_paths()['stdlib']}{os.sep}"
"""Where packages and Python's own modules are."""
THEIRS = ("torch", "gradtui", "runpy", "importlib", "threading", "contextlib", "functools")
"""Packages whose source is nobody's program."""


@dataclass(frozen=True)
class Around:
    """Words of operations near to one: those that it was given to, and those whose results it took."""

    above: frozenset[str] = frozenset()
    below: frozenset[str] = frozenset()


NOBODY = Around()
Variables = Callable[[FrameType], Mapping[str, Any]]


@dataclass(frozen=True)
class _File:
    tree: ast.Module
    functions: Mapping[str, list[ast.FunctionDef | ast.AsyncFunctionDef]]
    """By name, in whatever class or function they are; lambdas are not among them."""


@dataclass(frozen=True)
class Scope:
    """What is searched: a function, or a whole file."""

    file: str
    body: ast.AST
    names: Mapping[str, Any]
    """Variables that calls in it are looked up in."""
    values: Mapping[str, Any]
    """Those that are known to be what it means by these names; {} where none are."""


@dataclass(frozen=True, order=True)
class _Line:
    score: int
    file: str
    number: int


def program_frames(frame: FrameType | None) -> list[FrameType]:
    """Those of the program and its libraries, the innermost first."""
    found = []
    for _ in range(FRAMES):
        if frame is None:
            break
        if not theirs(str(frame.f_globals.get("__name__", ""))):
            found.append(frame)
        frame = frame.f_back
    return found


def installed(frame: FrameType) -> bool:
    """Whether what runs in it was installed, with pip or with Python: it is nobody's script."""
    file = frame.f_code.co_filename
    return any(word in file for word in PACKAGES) or file.startswith(STANDARD)


def theirs(name: str) -> bool:
    return name.partition(".")[0] in THEIRS


def lines_by_frames(
    word: str, near: Around, frames: Iterable[FrameType], variables: Variables
) -> str:
    """ "train.py:41", or "train.py:41 or 44", for an operation that `near` others are around; "" where
    there is none, or too many. Looked for in what these frames run, then in what that calls;
    `variables` reads a frame's own."""
    search = SourceSearch()
    for frame in frames:
        with suppress_own:
            scope = search.of_frame(frame, variables)
            told = "" if scope is None else _told(_lines(search, [scope], word, near))
            if told:
                return told
    return ""


def lines_of_classes(word: str, near: Around, kinds: Iterable[type]) -> str:
    """The same, looked for in all methods of these classes."""
    search, scopes = SourceSearch(), []
    for kind in kinds:
        for one in kind.__mro__:
            if not theirs(one.__module__) and one is not object:
                methods = [thing for thing in vars(one).values() if type(thing) is FunctionType]
                scopes += [scope for method in methods if (scope := search.of_function(method))]
    with suppress_own:
        return _told(_lines(search, scopes, word, near))
    return ""


TRACED = re.compile(r'  File "(.+?)", line (\d+), in ')
RERUN = "gradtui.nan_trace.rerun"
"""What calls a module once more: whoever is further out has made nothing."""
RERUN_FILE = str(Path("gradtui", "nan_trace", "rerun.py"))
FOLDERS = tuple([f"{Path(str(one.__file__)).parent}{os.sep}" for one in (torch, gradtui)])


def innermost(stack: Iterable[str]) -> str:
    """The innermost line that is neither torch's nor ours, of a stack as `traceback` formats it and of
    what we have called."""
    found = [told for told in map(TRACED.match, stack) if told is not None]
    begins = [at for at, told in enumerate(found) if told[1].endswith(RERUN_FILE)]
    found = found[begins[-1] :] if begins else found
    ours = [told for told in found if not told[1].startswith(FOLDERS)]
    return place(ours[-1][1], int(ours[-1][2])) if ours else ""


def place(file: str, line: int) -> str:
    """As a program's own user would write it."""
    return f"{_short(file)}:{line}"


def _short(file: str) -> str:
    if file.startswith("<"):
        return file
    with suppress_own:
        path = Path(file).absolute()
        here = Path.cwd()
        return str(path.relative_to(here)) if path.is_relative_to(here) else path.name
    return Path(file).name


def _told(found: list[_Line]) -> str:
    if not found:
        return ""
    best = max(one.score for one in found)
    places = sorted({(one.file, one.number) for one in found if one.score == best})
    if len(places) > LINES:
        return ""
    file = places[0][0]
    if any(other != file for other, _ in places):
        return " or ".join(place(other, number) for other, number in places)
    return " or ".join([place(file, places[0][1]), *(str(number) for _, number in places[1:])])


def _lines(search: "SourceSearch", scopes: Iterable[Scope], word: str, near: Around) -> list[_Line]:
    """Those that make one operation, with how well they fit."""
    found = []
    for scope, parts in search.visited(scopes):
        fitting = [part for part in parts if fits(part, word)]
        whole = len(_words(parts) & near.above) if fitting else 0
        found += [
            _Line(whole + OPERANDS * _taken(part, near), scope.file, line_of(part))
            for part in fitting
        ]
    return found


class SourceSearch:
    """Through functions and what they call. A file is read once, however many of its functions are
    met; nothing of it is kept afterwards."""

    def __init__(self) -> None:
        self._files: dict[str, _File | None] = {}

    def visited(self, scopes: Iterable[Scope]) -> Iterator[tuple[Scope, list[ast.AST]]]:
        """The parts of each statement of these and of what they call, the nearest first."""
        waiting = deque((scope, 0) for scope in scopes)
        seen: set[tuple[str, int]] = set()
        while waiting and len(seen) < FUNCTIONS:
            scope, depth = waiting.popleft()
            key = scope.file, getattr(scope.body, "lineno", 0)
            if key in seen:
                continue
            seen.add(key)
            for statement in _statements(scope.body):
                parts = list(ast.walk(statement))
                yield scope, parts
                if depth < DEEPEST:
                    calls = [part for part in parts if isinstance(part, ast.Call)]
                    waiting += [
                        (one, depth + 1) for call in calls for one in self._called(call, scope)
                    ]

    def of_frame(self, frame: FrameType, variables: Variables) -> Scope | None:
        """What runs in it, where its source is there; `variables` reads its own."""
        own = {*frame.f_code.co_varnames, *frame.f_code.co_cellvars}
        module = frame.f_code.co_name == "<module>"
        outer = {k: v for k, v in frame.f_globals.items() if module or k not in own}
        names = {**outer, **variables(frame)}
        return self._scope(frame.f_code, names, names)

    def of_function(self, function: FunctionType) -> Scope | None:
        if theirs(function.__module__ or ""):
            return None
        code, names = function.__code__, function.__globals__
        own = {*code.co_varnames, *code.co_cellvars}
        values = {name: names[name] for name in code.co_names if name in names and name not in own}
        for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=False):
            with suppress(ValueError):  # empty
                values[name] = cell.cell_contents
        return self._scope(code, names, values)

    def _scope(
        self, code: CodeType, names: Mapping[str, Any], values: Mapping[str, Any]
    ) -> Scope | None:
        file = self._file(code.co_filename)
        if file is None:
            return None
        if code.co_name == "<module>":
            return Scope(code.co_filename, file.tree, names, values)
        if code.co_name == "<lambda>":
            for one in ast.walk(file.tree):
                if isinstance(one, ast.Lambda) and one.lineno == code.co_firstlineno:
                    return Scope(code.co_filename, one, names, values)
            return None
        for one in file.functions.get(code.co_name, ()):
            first = min([one.lineno, *(part.lineno for part in one.decorator_list)])
            if first <= code.co_firstlineno <= one.lineno:
                return Scope(code.co_filename, one, names, values)
        return None

    def _called(self, call: ast.Call, scope: Scope) -> Iterator[Scope]:
        """The functions that a call may be of: as a variable there holds, or by name in the same file;
        and those that are handed to it, as a closure is to an optimizer's step."""
        function = call.func
        for given in call.args:
            thing = scope.names.get(given.id) if isinstance(given, ast.Name) else None
            if type(thing) is FunctionType:
                yield from self._of_thing(thing)
        if isinstance(function, ast.Name):
            name, known = function.id, function.id in scope.names
            thing = scope.names.get(name)
        elif isinstance(function, ast.Attribute):
            name = function.attr
            held = (
                scope.names.get(function.value.id) if isinstance(function.value, ast.Name) else None
            )
            thing = _attribute(held, name)
            known = thing is not None or isinstance(held, ModuleType)
        else:
            return
        if known:
            yield from self._of_thing(thing)
            return
        file = self._file(scope.file)
        for one in () if file is None else file.functions.get(name, ()):
            yield Scope(scope.file, one, scope.names, {})

    def _of_thing(self, thing: Any) -> Iterator[Scope]:
        if type(thing) is MethodType:
            thing = thing.__func__
        if type(thing) is FunctionType:
            scope = self.of_function(thing)
        else:
            kind = thing if isinstance(thing, type) else type(thing)
            call = vars(kind).get("__call__") or vars(kind).get("forward")
            scope = self.of_function(call) if type(call) is FunctionType else None
        if scope is not None:
            yield scope

    def _file(self, name: str) -> _File | None:
        if name not in self._files:
            self._files[name] = _read(name)
        return self._files[name]


def _words(parts: Iterable[ast.AST]) -> set[str]:
    return {word for part in parts for word in words_of(part)}


def _taken(part: ast.AST, near: Around) -> int:
    """How many of the operations are in its own operands that the one in question was given."""
    within = [one for one in ast.walk(part) if one is not part]
    return len(_words(within) & near.below)


def _statements(body: ast.AST) -> Iterator[ast.AST]:
    """Single ones, also within loops and branches, but not of functions within."""
    if isinstance(body, ast.Lambda):
        yield body.body
        return
    for one in getattr(body, "body", []):
        yield from _within(one)


def _within(one: ast.AST) -> Iterator[ast.AST]:
    if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return
    inner = [
        part
        for name in ("body", "orelse", "finalbody", "handlers", "cases")
        for part in (getattr(one, name, None) or [])
        if isinstance(part, ast.AST)
    ]
    if not inner or isinstance(one, ast.expr):
        yield one
        return
    yield from (part for part in ast.iter_child_nodes(one) if isinstance(part, ast.expr))
    for part in inner:
        yield from _within(part)


def _attribute(held: Any, name: str) -> Any:
    """Of a module, a class or an object, without asking it."""
    if isinstance(held, ModuleType):
        return vars(held).get(name)
    kinds = (held if isinstance(held, type) else type(held)).__mro__ if held is not None else ()
    found = next((vars(kind)[name] for kind in kinds if name in vars(kind)), None)
    return found.__func__ if isinstance(found, (staticmethod, classmethod)) else found


def _read(name: str) -> _File | None:
    with suppress_own:
        known = linecache.cache.get(name)  # a notebook's cells are nowhere else
        if known is not None and len(known) > 2:
            text = "".join(known[2])
        elif Path(name).is_file():
            with tokenize.open(name) as source:
                text = source.read(LARGEST + 1)
        else:
            return None
        if len(text) > LARGEST:
            return None
        tree = ast.parse(text)
        functions: dict[str, list[ast.FunctionDef | ast.AsyncFunctionDef]] = {}
        for one in ast.walk(tree):
            if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef)):
                functions.setdefault(one.name, []).append(one)
        return _File(tree, functions)
    return None
