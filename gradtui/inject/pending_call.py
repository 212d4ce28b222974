"""Python source handed to an interpreter that runs already: it is run between two of its bytecodes.

`Py_AddPendingCall` is called with `PyRun_SimpleString` and the address of the text. It only notes
the two: they are called later by the main thread, where the interpreter looks for signals as well.
So nothing of ours runs within an allocation, or with a lock held. Its memory comes from the system,
not from the program's allocator, which may be in the middle of something.
"""

import os
import struct
import time
from pathlib import Path

from gradtui.inject.elf_symbols import Function, exported
from gradtui.inject.process_table import Mapping, machine_maps
from gradtui.inject.stopped_thread import StoppedThread, stopped

ADD, RUN = "Py_AddPendingCall", "PyRun_SimpleString"
SYSCALL = b"\x0f\x05"
"""The instruction."""
PAGE = 4096
COMPARED = 64
"""Bytes of a function that are held against the file that it is said to be from."""


class HandOverError(Exception):
    """It cannot be done in this process; the words say why."""


def hand_over(pid: int, source: str) -> float:
    """Have the main thread of a process run `source`, which must raise nothing and have no line of its own
    to leave behind; how many seconds that thread has stood still.

    Raises HandOverError, OSError, `stopped_thread.ProcessEndedError` and `ThreadBusyError`.
    """
    maps = machine_maps(pid)
    functions = _functions(pid, maps)
    text = source.encode() + b"\0"
    began = time.perf_counter()
    with stopped(pid) as thread:
        began = time.perf_counter()
        _compare(thread, functions)
        size = -(-(len(text) + 16) // PAGE) * PAGE
        memory = thread.new_memory(size, _instruction(thread, maps))
        thread.write(text, memory)
        add, run = functions[ADD][0], functions[RUN][0]
        full = thread.call(add, run, memory, back=memory + size - 8)
    stood = time.perf_counter() - began
    if full:
        raise HandOverError("its interpreter has too many calls pending: try again")
    return stood


Found = tuple[int, Function, bytes]
"""A function's address in the process, what its file says of it, and its first bytes there."""


def _functions(pid: int, maps: list[Mapping]) -> dict[str, Found]:
    """Raises HandOverError where the interpreter does not export them."""
    seen: set[str] = set()
    for one in maps:
        name = one.path.rpartition("/")[2]
        if one.offset or not name.startswith(("python", "libpython")) or one.path in seen:
            continue
        seen.add(one.path)
        found = _in_file(Path(f"/proc/{pid}/root") / one.path.lstrip("/"), one.start)
        if {ADD, RUN} <= found.keys():
            return found
    raise HandOverError(
        f"its Python does not export {ADD}: it is another interpreter, or was built without symbols"
    )


def _in_file(path: Path, base: int) -> dict[str, Found]:
    try:
        number = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return {}
    try:

        def read(size: int, offset: int) -> bytes:
            return os.pread(number, size, offset)

        return {
            name: (base + one.address, one, read(min(COMPARED, one.size), one.offset))
            for name, one in exported(read, (ADD, RUN)).items()
        }
    except (ValueError, OSError, struct.error):
        return {}
    finally:
        os.close(number)


def _compare(thread: StoppedThread, functions: dict[str, Found]) -> None:
    """A package that has been updated since the process was started has its functions elsewhere."""
    for address, _, code in functions.values():
        if thread.read(len(code), address) != code:
            raise HandOverError("its Python has been replaced on disk since it was started")


def _instruction(thread: StoppedThread, maps: list[Mapping]) -> int:
    """Where a `syscall` is: in the part of the kernel that every process has mapped."""
    for one in maps:
        if one.path == "[vdso]":
            at = thread.read(one.end - one.start, one.start).find(SYSCALL)
            if at >= 0:
                return one.start + at
    raise HandOverError("no call of the system can be made in it")
