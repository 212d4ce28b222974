"""Closures that a step is given, with something of ours done before and after each evaluation.

While the program's closure runs no frame of ours is on the stack: what the optimizer calls is an
object whose `__call__` is a property. Reading it does what is to be done before, and gives a chain of
callables that are all written in C.
"""

import functools
import inspect
import weakref
from collections.abc import Callable
from itertools import starmap
from types import FunctionType, MethodType
from typing import Any

from gradtui.patching.tracebacks import without_ours

Act = Callable[[], None]
STARS = inspect.CO_VARARGS | inspect.CO_VARKEYWORDS


def evaluated(closure: Callable[..., Any], before: Act, after: Act, raised: Act) -> Any:
    """In place of `closure`: `before` each evaluation, and `after` it, or `raised` where it has
    raised."""
    if takes_nothing(closure):
        return Closure(closure, before, after, raised)

    def closure_with_arguments(*args: Any, **kwargs: Any) -> Any:
        before()
        try:
            out = closure(*args, **kwargs)
        except BaseException as error:
            raised()
            without_ours(error)
            raise
        after()
        return out

    return closure_with_arguments


def takes_nothing(closure: Any) -> bool:
    """Whether it is a function that can only be called without arguments: what is written in C cannot
    hand them on."""
    given = 0
    while type(closure) is functools.partial and not closure.keywords:
        given += len(closure.args)
        closure = closure.func
    if type(closure) is MethodType:
        given += 1
        closure = closure.__func__
    if type(closure) is not FunctionType:
        return False
    code = closure.__code__
    return code.co_argcount == given and not code.co_kwonlyargcount and not code.co_flags & STARS


class Closure:
    """A closure without arguments. One evaluation at a time."""

    __slots__ = ("__wrapped__", "_acts", "_ref")

    def __init__(self, closure: Callable[[], Any], before: Act, after: Act, raised: Act) -> None:
        self.__wrapped__ = closure
        self._acts = before, after, raised
        self._ref: weakref.ref[_Evaluation] | None = None

    def _chain(self) -> Callable[[], Any]:
        try:
            self._acts[0]()
        except BaseException as error:
            without_ours(error)
            raise
        evaluation = _Evaluation(self)
        self._ref = weakref.ref(evaluation, self._raised)
        return functools.partial(next, map(evaluation.over, starmap(self.__wrapped__, ((),))))

    __call__ = property(_chain)

    def _raised(self, _: Any) -> None:
        """The chain is gone, and has not come to its end."""
        self._ref = None
        self._acts[2]()

    def over(self) -> None:
        self._ref = None  # nobody is told that the chain goes
        self._acts[1]()


class _Evaluation:
    """Lives as long as the chain does."""

    __slots__ = ("__weakref__", "_owner")

    def __init__(self, owner: Closure) -> None:
        self._owner = owner

    def over(self, out: Any) -> Any:
        try:
            self._owner.over()
        except BaseException as error:
            without_ours(error)
            raise
        return out
