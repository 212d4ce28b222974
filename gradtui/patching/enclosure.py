"""Calls of ours inside functions of torch: before their own statements and after them.

A wrapper would be one more frame on the stack, for whoever counts frames: `warnings.warn` with a
`stacklevel`, `sys._getframe(n)`, loggers, tracebacks, the recursion limit. So a function is given a
code that is compiled from its own source, on the same lines of the same file, with two calls added.
The function itself stays the same object, and has its own code again when nobody listens. Where the
source is not there, or is not that of the code, a wrapper has to do.
"""

import __future__

import ast
import functools
import inspect
import operator
import re
import sys
import threading
import tokenize
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from types import CodeType, FunctionType, ModuleType
from typing import Any, Protocol, cast

import torch

from gradtui.patching.tracebacks import without_ours

TRACING = "torch.compiler.is_compiling()"
"""What torch.compile traces is the function as it was."""
NEVER = "False"
"""In other packages than torch nothing is traced that is looked at."""
OURS = "gradtui.enclosure"
"""A constant in the place of which the enclosure is put."""
FUTURE = functools.reduce(
    operator.or_,
    (getattr(__future__, name).compiler_flag for name in __future__.all_feature_names),
)
"""Flags of `from __future__ import`."""
IMPORT = re.compile(
    r"^(?:import[ \t]+\w|from[ \t]+(?!__future__)[\w.]+[ \t]+import[ \t]+(?:\([^)]*\)|[\w ,]+$)).*",
    re.MULTILINE,
)
"""At the top of a module."""
MOST = 8
"""Functions around one another."""


class Listener(Protocol):
    """`begin` gets the arguments; where it returns a token and not None, `over` or `raised` gets that
    when the call is over, and `again` before the call says what the function is to have in place of
    one argument, where that is laid down."""

    def begin(self, *given: Any) -> Any: ...

    def again(self, token: Any, value: Any) -> Any: ...

    def over(self, token: Any, out: Any) -> None: ...

    def raised(self, token: Any) -> None: ...


class Calls:
    """What the code of an enclosed function calls, as in `Enclosure`."""

    __slots__ = ("again", "begin", "over", "raised")

    def __init__(
        self,
        begin: Callable[..., Any],
        again: Callable[[Any], Any],
        over: Callable[[Any], Any],
        raised: Callable[[], None],
    ) -> None:
        self.begin, self.again, self.over, self.raised = begin, again, over, raised

    def be(self, other: "Calls") -> None:
        self.begin, self.again = other.begin, other.again
        self.over, self.raised = other.over, other.raised


Quick = Callable[[Calls, Listener], Calls]
"""Given the general way, what a listener has called in its place while nobody else listens."""


class Enclosure:
    """One function, and who listens to its calls."""

    def __init__(
        self, owner: Any, name: str, wanted: Sequence[str], replaced: str, package: str
    ) -> None:
        self._found: Any = vars(owner)[name]
        self._owner, self.name = owner, name
        self.parameters = tuple(wanted), replaced
        self._listeners: tuple[Listener, ...] = ()
        self._quick: dict[int, Quick] = {}
        """By the listener's id."""
        self._general = Calls(self.begin, self.again, self.over, self.raised)
        self._calls = Calls(self.begin, self.again, self.over, self.raised)
        self.function = inner = innermost(self._found)
        self._plain: Any = getattr(inner, "__code__", None)
        theirs = str(getattr(inner, "__module__", "")).partition(".")[0] == package
        unless = TRACING if package == "torch" else NEVER
        self._code = (
            enclosing(inner, wanted, self._calls, replaced=replaced, unless=unless)
            if theirs
            else None
        )
        self._wrapper: Any = None if self._code is not None else self._wrapped()
        self._put: list[tuple[Any, str]] = []

    @property
    def in_place(self) -> bool:
        """Whether no wrapper is needed."""
        return self._code is not None

    @property
    def listened_to(self) -> bool:
        return bool(self._listeners)

    def listen(self, listener: Listener, quick: Quick | None = None) -> None:
        if not any(one is listener for one in self._listeners):
            self._listeners = (*self._listeners, listener)
        if quick is not None:
            self._quick[id(listener)] = quick
        self._choose()
        if self._code is not None:
            if self.function.__code__ is self._plain:
                self.function.__code__ = self._code
        elif not self._put:
            self._put = list(_holders(self._owner, self.name, self._found))
            for owner, name in self._put:
                setattr(owner, name, self._wrapper)

    def leave(self, listener: Listener) -> None:
        self._listeners = tuple(one for one in self._listeners if one is not listener)
        self._quick.pop(id(listener), None)
        self._choose()
        if self._listeners:
            return
        if self._code is not None and self.function.__code__ is self._code:
            self.function.__code__ = self._plain
        put, self._put = self._put, []
        for owner, name in put:
            if vars(owner).get(name) is self._wrapper:
                setattr(owner, name, self._found)

    def _choose(self) -> None:
        """The general way, or that of the one who listens."""
        alone = self._listeners[0] if len(self._listeners) == 1 else None
        quick = self._quick.get(id(alone))
        calls = self._general
        if alone is not None and quick is not None:
            calls = quick(calls, alone)
            let_be(calls.begin, calls.again, calls.over, calls.raised)
        self._calls.be(calls)

    def begin(self, *given: Any) -> bool:
        """Whether the end of this call is to be told: by `over` or `raised`, once."""
        own = own_calls
        if own.busy:  # what we call ourselves is nobody's call
            return False
        tokens: list[tuple[Listener, Any]] = []
        try:
            own.busy = True
            for one in self._listeners[::-1]:  # who came first is innermost
                token = one.begin(*given)
                if token is not None:
                    tokens.append((one, token))
        except BaseException as error:
            own.calls.append(tokens)
            self.raised()
            without_ours(error)
            raise
        finally:
            own.busy = False
        if tokens:
            own.calls.append(tokens)
        return bool(tokens)

    def again(self, value: Any) -> Any:
        """The argument that may be replaced."""
        for one, token in own_calls.calls[-1]:
            value = one.again(token, value)
        return value

    def over(self, out: Any) -> Any:
        own = own_calls
        tokens = own.calls[-1]
        try:
            own.busy = True
            while tokens:
                one, token = tokens.pop()
                one.over(token, out)
        except BaseException as error:
            without_ours(error)
            raise
        finally:
            own.busy = False
        own.calls.pop()
        return out

    def raised(self) -> None:
        own = own_calls
        tokens = own.calls.pop()
        try:
            own.busy = True
            while tokens:
                one, token = tokens.pop()
                one.raised(token)
        finally:
            own.busy = False

    def _wrapped(self) -> Any:
        original = self._found
        found = [place(original, word) for word in self.parameters[0]]
        replaced = self.parameters[1]
        change = place(original, replaced)[1] if replaced else None
        compiling = torch.compiler.is_compiling

        @functools.wraps(original)
        def instead(*args: Any, **kwargs: Any) -> Any:
            if compiling() or not self.begin(*(get(args, kwargs) for get, _ in found)):
                try:
                    return original(*args, **kwargs)
                except BaseException as error:
                    without_ours(error)
                    raise
            try:
                if change is not None:
                    args, kwargs = change(args, kwargs, self.again)
                return self.over(original(*args, **kwargs))
            except BaseException as error:
                self.raised()
                without_ours(error)
                raise

        return instead


class OwnCalls(threading.local):
    """Of a thread."""

    def __init__(self) -> None:
        self.busy = False
        """Whether a listener is at work."""
        self.calls: list[list[tuple[Listener, Any]]] = []
        """Tokens of the calls under way, the innermost one last. They are here, and not in a variable of
        torch's function, because a program may print those beside a traceback."""


own_calls = OwnCalls()
_known: dict[int, Enclosure] = {}


def enclosure(
    owner: Any,
    name: str,
    wanted: Sequence[str] = (),
    *,
    replaced: str = "",
    package: str = "torch",
) -> Enclosure | None:
    """That of the function `owner.name`, whose parameters `wanted` listeners are given; those with
    stars as tuple and dictionary. Of the parameter `replaced` they may give another value. What
    `package` has not made itself is not given another code, but a wrapper. None where there is no such
    function. Raises ValueError where others want other parameters."""
    function: Any = vars(owner).get(name)
    if not callable(function):
        return None
    inner = innermost(function)
    known = _known.get(id(inner))
    if known is None or known.function is not inner:
        known = _known[id(inner)] = Enclosure(owner, name, wanted, replaced, package)
    if known.parameters != (tuple(wanted), replaced):
        raise ValueError(f"{name} is enclosed with {known.parameters}")
    return known


def enclosed() -> list[str]:
    """Names of the functions that somebody listens to."""
    return [one.name for one in _known.values() if one.listened_to]


def innermost(function: Any) -> Any:
    """What is called by those around it, as far as they say so."""
    for _ in range(MOST):
        inner = getattr(function, "__dict__", {}).get("__wrapped__")
        if type(inner) is not FunctionType:
            break
        function = inner
    return function


def _holders(owner: Any, name: str, function: Any) -> Iterator[tuple[Any, str]]:
    """Where the function lies: modules that have imported it have it by whatever name."""
    yield owner, name
    if isinstance(owner, ModuleType):
        for module in list(sys.modules.values()):
            if type(module) is ModuleType:
                words = [word for word, thing in list(vars(module).items()) if thing is function]
                yield from ((module, word) for word in words if module is not owner or word != name)


def enclosing(
    function: Any, wanted: Sequence[str], ours: Any, *, replaced: str = "", unless: str = TRACING
) -> CodeType | None:
    """The code of `function` with calls of `ours.begin`, `ours.over` and `ours.raised`; None where its
    source is not there to be compiled, or is another one's.

    `unless` is an expression in the function's module that says when it is to be left alone.
    """
    try:
        if type(function) is not FunctionType:
            return None
        if unless != NEVER and unless.partition(".")[0] not in function.__globals__:
            return None
        code = function.__code__
        if not {*wanted} <= {*code.co_varnames}:
            return None
        text, imports = _source(code)
        plain = _compiled(_parsed(text, code), imports, code)
        if plain is None or not _same(plain, code):
            return None
        node = _parsed(text, code)
        _enclose(node, _parsed(text, code), wanted, replaced, unless)
        made = _compiled(node, imports, code)
        if made is None:
            return None
        consts = tuple(ours if one == OURS else one for one in made.co_consts)
        return made.replace(co_consts=consts)
    except (OSError, SyntaxError, ValueError, UnicodeError, IndexError, tokenize.TokenError):
        return None


def _source(code: CodeType) -> tuple[str, list[ast.stmt]]:
    """What the code was compiled from, on the lines that it has in its file, and the imports of that: a
    call of an attribute of what was imported is compiled in its own way. Nothing is left in a cache."""
    with tokenize.open(code.co_filename) as file:
        lines = file.readlines()
    found = IMPORT.finditer("".join(lines))
    imports = [one for text in found for one in ast.parse(text.group()).body]
    block = inspect.getblock(lines[code.co_firstlineno - 1 :])
    above = ["\n"] * (code.co_firstlineno - 1)
    if block[0][:1].isspace():
        above[-1] = "if 1:\n"
    return "".join(above + block), imports


def _parsed(text: str, code: CodeType) -> ast.FunctionDef:
    """A tree of one's own each time: parsing is ten times faster than copying a tree."""
    first: Any = ast.parse(text).body[0]
    node = first.body[0] if isinstance(first, ast.If) else first
    if not isinstance(node, ast.FunctionDef) or node.name != code.co_name:
        raise ValueError(code.co_name)
    return node


def _compiled(node: ast.FunctionDef, imports: list[ast.stmt], like: CodeType) -> CodeType | None:
    """The function's code, with the free variables that it has: those of a function around it, which
    is never called."""
    around = ast.parse(f"def around({', '.join(like.co_freevars)}): pass")
    own = [] if like.co_name in like.co_freevars else [ast.Global([like.co_name])]
    cast(ast.FunctionDef, around.body[0]).body = [*own, node]
    around.body = [*imports, *around.body]
    ast.fix_missing_locations(around)
    future = like.co_flags & FUTURE
    outer = compile(around, like.co_filename, "exec", flags=future, dont_inherit=True)
    for one in _codes(next(_codes(outer))):
        if one.co_name == like.co_name and one.co_freevars == like.co_freevars:
            return _renamed(one, one.co_qualname, like.co_qualname).replace(co_flags=like.co_flags)
    return None


def _codes(code: CodeType) -> Iterator[CodeType]:
    return (one for one in code.co_consts if isinstance(one, CodeType))


def _renamed(code: CodeType, old: str, new: str) -> CodeType:
    consts = tuple(
        _renamed(one, old, new) if isinstance(one, CodeType) else one for one in code.co_consts
    )
    name = new + code.co_qualname.removeprefix(old)
    return code.replace(co_consts=consts, co_qualname=name)


def _same(one: CodeType, other: CodeType) -> bool:
    def told(code: CodeType) -> tuple[Any, ...]:
        consts = [c if not isinstance(c, CodeType) else None for c in code.co_consts]
        names = code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars
        return code.co_code, names, repr(consts), list(code.co_positions()), code.co_flags

    inner = zip(_codes(one), _codes(other), strict=False)
    return told(one) == told(other) and all(_same(a, b) for a, b in inner)


def _enclose(
    node: ast.FunctionDef, again: ast.FunctionDef, wanted: Sequence[str], replaced: str, unless: str
) -> None:
    """Change the tree `node`; `again` is another one of the same function, to take parts from."""
    first: Any = node.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    at = 1 if documented and isinstance(first.value.value, str) else 0
    body = node.body[at:]
    where = body[0]

    def ours(name: str, *given: ast.expr) -> ast.Call:
        attribute = ast.Attribute(ast.Constant(OURS), name, ast.Load())
        return ast.Call(attribute, list(given), [])

    class Returns(ast.NodeTransformer):
        """Not those of functions within it."""

        def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
            return node

        def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> Any:
            return node

        def visit_Lambda(self, node: ast.Lambda) -> Any:
            return node

        def visit_ClassDef(self, node: ast.ClassDef) -> Any:
            return node

        def visit_Return(self, node: ast.Return) -> Any:
            value = node.value or ast.copy_location(ast.Constant(None), node)
            node.value = ast.copy_location(ours("over", value), node)
            return node

    begun = ours("begin", *(ast.Name(name, ast.Load()) for name in wanted))
    nothing = ast.UnaryOp(ast.Not(), begun)
    alone = ast.parse(unless, mode="eval").body
    followed = [Returns().visit(one) for one in again.body[at:]]
    followed.append(ast.Expr(ours("over", ast.Constant(None))))
    if replaced:
        value = ours("again", ast.Name(replaced, ast.Load()))
        followed.insert(0, ast.Assign([ast.Name(replaced, ast.Store())], value))
    handler = ast.ExceptHandler(
        ast.Name("BaseException", ast.Load()),
        None,
        [ast.Expr(ours("raised")), ast.Raise()],
    )
    whole = ast.If(
        ast.BoolOp(ast.Or(), [alone, nothing]),
        body,
        [ast.Try(followed, [handler], [], [])],
    )
    old = {id(one) for part in (*body, *followed) for one in ast.walk(part)}
    for one in ast.walk(alone):
        ast.copy_location(one, where)
    for new in ast.walk(whole):
        if id(new) not in old or not hasattr(new, "lineno"):
            ast.copy_location(new, where)
    node.body[at:] = [whole]


def let_be(*functions: Any) -> bool:
    """Have dynamo neither compile these nor what they call, where they are called by what it does not
    compile itself; False where it cannot be told. No part of it is imported for that."""
    with suppress(AttributeError, TypeError):
        frames: Any = vars(torch)["_C"]._dynamo.eval_frame
        skip = frames._FrameAction.SKIP
        for function in functions:
            frames.set_code_exec_strategy(function.__code__, frames._FrameExecStrategy(skip, skip))
        return True
    return False


let_be(Enclosure.begin, Enclosure.again, Enclosure.over, Enclosure.raised)

Given = tuple[tuple[Any, ...], dict[str, Any]]


def place(function: Any, word: str) -> tuple[Callable[..., Any], Callable[..., Given]]:
    """What finds a parameter's value among the arguments of a call, and what changes it there."""
    parameters = inspect.signature(function, follow_wrapped=False).parameters
    one = parameters.get(word)
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    named = [name for name, each in parameters.items() if each.kind in kinds]
    known = {*named, *(n for n, each in parameters.items() if each.kind is each.KEYWORD_ONLY)}
    if one is None:
        return lambda args, kwargs: None, lambda args, kwargs, change: (args, kwargs)
    if one.kind is one.VAR_POSITIONAL:
        at = len(named)
        return (
            lambda args, kwargs: args[at:],
            lambda args, kwargs, change: ((*args[:at], *change(args[at:])), kwargs),
        )
    if one.kind is one.VAR_KEYWORD:
        return (
            lambda args, kwargs: {k: v for k, v in kwargs.items() if k not in known},
            lambda args, kwargs, change: (args, kwargs | change(kwargs)),
        )
    at = named.index(word) if word in named else sys.maxsize
    default = None if one.default is one.empty else one.default

    def get(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return args[at] if at < len(args) else kwargs.get(word, default)

    def changed(args: tuple[Any, ...], kwargs: dict[str, Any], change: Any) -> Given:
        if at < len(args):
            return (*args[:at], change(args[at]), *args[at + 1 :]), kwargs
        return args, kwargs | {word: change(kwargs[word])} if word in kwargs else kwargs

    return get, changed
