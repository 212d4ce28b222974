"""One thread of another process, held for a moment: memory is asked for, and one function is called.

Linux on x86-64, by `ptrace` itself. A debugger does the same, with two differences that matter to a
training. It stops every thread, and this one alone. And gdb before version 14 cannot write back the
registers of a processor with AMX, as servers with newer Xeons have: the process that it has called a
function in is lost by it.
"""

import contextlib
import ctypes
import errno
import os
import signal
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path

CONT, SINGLESTEP, DETACH = 7, 9, 17
GETREGSET, SETREGSET, SEIZE, INTERRUPT = 0x4204, 0x4205, 0x4206, 0x4207
GETSIGMASK, SETSIGMASK = 0x420A, 0x420B
GENERAL, EXTENDED = 1, 0x202
"""Sets of registers: general ones, and all that floating point and vectors have."""
EVENT_STOP = 128
WALL = 0x40000000
NAMES = (
    *(
        "r15",
        "r14",
        "r13",
        "r12",
        "rbp",
        "rbx",
        "r11",
        "r10",
        "r9",
        "r8",
        "rax",
        "rcx",
        "rdx",
        "rsi",
    ),
    *(
        "rdi",
        "orig_rax",
        "rip",
        "cs",
        "eflags",
        "rsp",
        "ss",
        "fs_base",
        "gs_base",
        "ds",
        "es",
        "fs",
        "gs",
    ),
)
LAYOUT = struct.Struct(f"<{len(NAMES)}Q")
LARGEST = 1 << 16
"""Bytes of the extended registers: 11,008 with AMX."""
WORD = 1 << 64
MMAP, READ_WRITE, PRIVATE_ANONYMOUS = 9, 3, 0x22
RED_ZONE = 128
"""Bytes below the top of the stack that a function may use without having moved it."""
PATIENCE = 1.0
"""Seconds that one stop, or the call, may take."""
SPIN = 0.0005
"""Seconds for which it is asked without a pause: mostly it is a matter of microseconds."""
SYNCHRONOUS = (signal.SIGSEGV, signal.SIGTRAP, signal.SIGBUS, signal.SIGILL, signal.SIGFPE)
"""Signals that are not held back during the call: it cannot do without the first two."""

Registers = dict[str, int]


class ProcessEndedError(Exception):
    """The process has ended meanwhile."""


class ThreadBusyError(Exception):
    """The thread does not stop, or the function does not return, in time. It is as it was."""


class _Vector(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("size", ctypes.c_size_t))


class StoppedThread:
    """Made by `stopped`; usable within its block."""

    def __init__(self, thread: int) -> None:
        self.thread = thread
        self._ptrace = ctypes.CDLL(None, use_errno=True).ptrace
        self._ptrace.restype = ctypes.c_long
        self._ptrace.argtypes = (
            ctypes.c_long,
            ctypes.c_long,
            ctypes.c_void_p,
            ctypes.c_void_p,
        )
        self._memory = -1

    def seize(self) -> None:
        """Stop it. Raises OSError where that is not permitted, ProcessEndedError, ThreadBusyError."""
        self._ask(SEIZE)
        try:
            self._memory = os.open(f"/proc/{self.thread}/mem", os.O_RDWR | os.O_CLOEXEC)
            self._ask(INTERRUPT)
            self._wait(lambda status: status >> 16 == EVENT_STOP)
        except BaseException:
            self._let_go()
            raise

    def keep(self) -> None:
        """Remember what `give_back` restores; signals wait until then."""
        self._before = self._registers()
        self._extended = self._get(EXTENDED, LARGEST)
        mask = ctypes.create_string_buffer(8)
        self._ask(GETSIGMASK, 8, ctypes.addressof(mask))
        self._mask = mask.raw
        held = (WORD - 1) & ~sum(1 << (number - 1) for number in SYNCHRONOUS)
        self._set_mask(held.to_bytes(8, "little"))

    def give_back(self) -> None:
        """Registers and signals as they were; a call of the system that was interrupted begins anew."""
        try:
            self._set(EXTENDED, self._extended)
        finally:
            try:
                self._set_registers(self._before)
            finally:
                self._set_mask(self._mask)

    def release(self) -> None:
        """Let it go on."""
        with contextlib.suppress(OSError):
            self._ask(DETACH)
        self._let_go()

    def read(self, size: int, address: int) -> bytes:
        """Raises OSError."""
        return os.pread(self._memory, size, address)

    def write(self, data: bytes, address: int) -> None:
        """Raises OSError."""
        if os.pwrite(self._memory, data, address) != len(data):
            raise OSError(errno.EFAULT, os.strerror(errno.EFAULT))

    def new_memory(self, size: int, instruction: int) -> int:
        """The address of `size` bytes that the process has not had; `instruction` is that of a `syscall` in
        its code. Raises OSError where it gets none."""
        given = {"rax": MMAP, "rdi": 0, "rsi": size, "rdx": READ_WRITE}
        given |= {"r10": PRIVATE_ANONYMOUS, "r8": WORD - 1, "r9": 0}
        self._begin({**given, "rip": instruction})
        self._ask(SINGLESTEP)
        self._wait(lambda status: status >> 8 == signal.SIGTRAP, SINGLESTEP)
        found = self._registers()["rax"]
        if found > WORD - 4096:
            number = WORD - found
            raise OSError(number, os.strerror(number))
        return found

    def call(self, function: int, first: int, second: int, back: int) -> int:
        """What a function of two arguments returns, as a C int. It returns to `back`, where no code is:
        that stops the thread. Raises ThreadBusyError where it has not returned in time."""
        stack = (self._before["rsp"] - RED_ZONE - 256) & ~15
        self.write(back.to_bytes(8, "little"), stack - 8)
        given = {"rip": function, "rsp": stack - 8, "rdi": first, "rsi": second, "rax": 0}
        self._begin(given)
        self._ask(CONT)
        try:
            self._wait(lambda status: status >> 8 == signal.SIGSEGV)
        except ThreadBusyError:
            self._ask(INTERRUPT)
            self._wait(lambda status: status >> 16 == EVENT_STOP)
            raise
        found = self._registers()
        if found["rip"] != back:
            raise OSError(errno.EFAULT, "the function has failed")
        result = found["rax"] & 0xFFFFFFFF
        return result - (1 << 32) if result >> 31 else result

    def _begin(self, given: Registers) -> None:
        """No call of the system is under way in what follows."""
        self._set_registers({**self._before, **given, "orig_rax": WORD - 1})

    def _registers(self) -> Registers:
        return dict(zip(NAMES, LAYOUT.unpack(self._get(GENERAL, LAYOUT.size)), strict=True))

    def _set_registers(self, registers: Registers) -> None:
        self._set(GENERAL, LAYOUT.pack(*(registers[name] for name in NAMES)))

    def _get(self, which: int, size: int) -> bytes:
        room = ctypes.create_string_buffer(size)
        vector = _Vector(ctypes.addressof(room), size)
        self._ask(GETREGSET, which, ctypes.addressof(vector))
        return room.raw[: vector.size]

    def _set(self, which: int, data: bytes) -> None:
        """Of exactly the size that the kernel has given: it takes no other."""
        room = ctypes.create_string_buffer(data, len(data))
        vector = _Vector(ctypes.addressof(room), len(data))
        self._ask(SETREGSET, which, ctypes.addressof(vector))

    def _set_mask(self, mask: bytes) -> None:
        room = ctypes.create_string_buffer(mask, 8)
        self._ask(SETSIGMASK, 8, ctypes.addressof(room))

    def _ask(self, request: int, address: int = 0, data: int = 0) -> None:
        if self._ptrace(request, self.thread, address, data) == -1:
            number = ctypes.get_errno()
            if number == errno.ESRCH and not Path(f"/proc/{self.thread}").exists():
                raise ProcessEndedError
            raise OSError(number, os.strerror(number))

    def _wait(self, until: Callable[[int], bool], resume: int = CONT) -> None:
        """Until it has stopped for what is waited for. What else it is stopped by is handed on to it, and
        it goes on by `resume`."""
        begin = time.monotonic()
        while True:
            found, status = os.waitpid(self.thread, WALL | os.WNOHANG)
            if found and not os.WIFSTOPPED(status):
                raise ProcessEndedError
            if found and until(status):
                return
            if found:
                stop = status >> 16 == EVENT_STOP
                self._ask(resume, 0, 0 if stop else os.WSTOPSIG(status))
            elif (past := time.monotonic() - begin) > PATIENCE:
                raise ThreadBusyError
            elif past > SPIN:
                time.sleep(SPIN)

    def _let_go(self) -> None:
        memory, self._memory = self._memory, -1
        if memory >= 0:
            os.close(memory)


@contextlib.contextmanager
def stopped(thread: int) -> Iterator[StoppedThread]:
    """A thread that stands still in the block, with all that is done to it undone at the end. Signals to
    this process wait as long: ended in between it would take the other one with it.

    Raises OSError, ProcessEndedError, ThreadBusyError.
    """
    held = signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.valid_signals()) - set(SYNCHRONOUS))
    try:
        one = StoppedThread(thread)
        one.seize()
        try:
            one.keep()
            try:
                yield one
            finally:
                one.give_back()
        finally:
            one.release()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
