"""The variables of a frame, read without leaving a trace.

Before Python 3.13 asking a function's frame for `f_locals` fills a dictionary that the frame keeps,
and that is the very one which the program got from `locals()` or `vars()`: it would change under the
program's hands. So variables are read one by one: by the C API where it can (3.12), out of the frame
itself in 3.11, once that has been tried on a frame of our own. Where none of it works nothing is
read. From 3.13 on `f_locals` of a function is a view that keeps nothing (PEP 667).

Free of torch, so that it can be tried on any Python.
"""

import ctypes
import inspect
import struct
import sys
from collections.abc import Callable, Mapping
from types import CellType, CodeType, FrameType
from typing import Any

POINTER = struct.calcsize("P")
WORD = ctypes.c_void_p

# Of Python 3.11: where PyFrameObject has f_frame, and _PyInterpreterFrame what is checked and read.
F_FRAME = 3 * POINTER
F_DATA = 6 * POINTER
"""Where a frame that has ended keeps what it was, as one of a traceback does."""
F_GLOBALS, F_CODE, FRAME_OBJECT = 1 * POINTER, 4 * POINTER, 5 * POINTER
LOCALSPLUS = 9 * POINTER
"""Behind seven pointers, and an int and two bytes in the room of one more, and the last line's own."""

Reader = Callable[[FrameType], dict[str, Any]]


def variables(frame: FrameType) -> Mapping[str, Any]:
    """Name -> value of what is bound in a frame: a function's own and those of functions around it,
    else those of its namespace. Not to be changed, and not to be kept."""
    code = frame.f_code
    if not code.co_flags & inspect.CO_OPTIMIZED:
        return _namespace(frame)
    global _fast
    if _fast is None:
        _fast = _reader()
    return _fast(frame)


def _namespace(frame: FrameType) -> Mapping[str, Any]:
    """Of a module, a class body or what exec runs: it has a dictionary at all times."""
    if sys.version_info < (3, 13) and frame.f_code.co_cellvars:
        return {}  # a class body, and to ask would be to put its cells into the dictionary
    local = frame.f_locals
    return local if type(local) is dict else {}


def slots(code: CodeType) -> list[str]:
    """The names of a function's variables in the order in which its frame holds them."""
    own = set(code.co_varnames)
    cells = [name for name in code.co_cellvars if name not in own]
    return [*code.co_varnames, *cells, *code.co_freevars]


def _by_view(frame: FrameType) -> dict[str, Any]:
    return dict(frame.f_locals.items())


def _by_name(frame: FrameType) -> dict[str, Any]:
    """Python 3.12: `PyFrame_GetVar` reads one variable and leaves everything as it is."""
    ask, found = _asking(), {}
    for name in slots(frame.f_code):
        try:
            found[name] = ask(frame, name)
        except NameError:  # not bound at present
            continue
    return found


def _asking() -> Callable[[FrameType, str], Any]:
    ask: Any = ctypes.pythonapi["PyFrame_GetVar"]  # a new one: a program may have set its own types
    ask.restype, ask.argtypes = ctypes.py_object, (ctypes.py_object, ctypes.py_object)
    out: Callable[[FrameType, str], Any] = ask
    return out


def _by_place(frame: FrameType) -> dict[str, Any]:
    """Python 3.11: out of the frame's own memory, which is checked to be this frame's."""
    inner = WORD.from_address(id(frame) + F_FRAME).value
    code = frame.f_code
    if inner is None or WORD.from_address(inner + F_CODE).value != id(code):
        return {}
    ended = inner == id(frame) + F_DATA
    if WORD.from_address(inner + FRAME_OBJECT).value != (None if ended else id(frame)):
        return {}
    if WORD.from_address(inner + F_GLOBALS).value != id(frame.f_globals):
        return {}
    cells = {*code.co_cellvars, *code.co_freevars}
    found = {}
    for at, name in enumerate(slots(code)):
        place = inner + LOCALSPLUS + at * POINTER
        if not WORD.from_address(place).value:  # not bound at present
            continue
        value: Any = ctypes.py_object.from_address(place).value  # counts as one more reference
        if name in cells:
            if type(value) is not CellType:
                continue
            try:
                value = value.cell_contents
            except ValueError:  # empty
                continue
        found[name] = value
    return found


def _nothing(frame: FrameType) -> dict[str, Any]:
    return {}


def _reader() -> Reader:
    """What reads a function's variables on this Python; it has been tried."""
    if sys.version_info >= (3, 13):
        return _by_view
    plain = sys.implementation.name == "cpython" and POINTER == 8
    if not plain or hasattr(sys, "gettotalrefcount"):  # another Python, or a debug build
        return _nothing
    reader = _by_name if sys.version_info >= (3, 12) else _by_place
    return reader if sound(reader) else _nothing


def sound(reader: Reader) -> bool:
    """Whether it finds exactly what a function of our own has."""
    try:
        return _probe(reader, object())
    except Exception:
        return False


def _probe(reader: Reader, given: object, *, named: int = 7) -> bool:
    gone, shared, later = 1, [given], 2
    del gone

    def inner(own: object) -> dict[str, Any]:
        cells = shared, later
        del cells
        return reader(sys._getframe(0)) | {"outer": reader(sys._getframe(1))}

    def ending(own: object) -> None:
        raise LookupError

    try:
        ending(given)
    except LookupError as error:
        trace = error.__traceback__
        ended = {} if trace is None or trace.tb_next is None else reader(trace.tb_next.tb_frame)
        del trace
    within = inner(given)
    outer = within.pop("outer")
    free = {"own": given, "shared": shared, "later": 2, "reader": reader}
    mine = {"reader": reader, "given": given, "named": 7, "shared": shared, "later": 2}
    mine |= {"inner": inner, "ending": ending, "ended": ended}
    return same(ended, {"own": given}) and same(within, free) and same(outer, mine)


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two name the same objects."""
    return one.keys() == other.keys() and all(one[name] is other[name] for name in one)


_fast: Reader | None = None
