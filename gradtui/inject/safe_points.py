"""Moments in a running program at which it may be changed: seen from its stacks, come to by its main
thread.

Hooks of all optimizers lie in a dictionary that torch goes through before and after each step: it must not
change meanwhile. That is the one thing that is waited for at any rate. As long as there is hope a moment is
waited for at which no model is called either, no gradient is on its way and no step is taken.
"""

import _thread
import ctypes
import sys
import time
from collections.abc import Callable, Iterable
from types import FrameType

STEP = "Optimizer.profile_hook_step.<locals>.wrapper"
"""What calls the hooks before a step, the step, and the hooks after it."""
WITHIN = frozenset(("step", "_use_grad"))
"""What it calls between the two."""
UNDER_WAY = frozenset(("Module._call_impl", "Module._wrapped_call_impl", "Tensor.backward"))
BACKWARD = ("backward", "grad")
"""Functions of torch.autograd."""
CHOOSY = 3.0
"""Seconds for which a moment between two steps is waited for."""
PAUSE = 0.002
"""Seconds between two tries."""

_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)
_kept: list[object] = []
"""Callbacks that have been handed to the interpreter and not been called yet."""


def in_hooks(frames: Iterable[FrameType]) -> bool:
    """Whether torch may be going through hooks of optimizers in a stack, the innermost frame first."""
    inner: FrameType | None = None
    for frame in frames:
        if frame.f_code.co_qualname == STEP and (
            inner is None or inner.f_code.co_name not in WITHIN
        ):
            return True
        inner = frame
    return False


def in_step(frames: Iterable[FrameType]) -> bool:
    """Whether a model is being called in it, a gradient computed, or a step taken."""
    for frame in frames:
        code = frame.f_code
        if code.co_qualname in UNDER_WAY or code.co_qualname == STEP:
            return True
        if code.co_name in BACKWARD and frame.f_globals.get("__name__") == "torch.autograd":
            return True
    return False


def stack(frame: FrameType | None) -> list[FrameType]:
    """A frame and those around it, less those of this module."""
    out = []
    while frame is not None:
        if frame.f_globals is not globals():
            out.append(frame)
        frame = frame.f_back
    return out


class SafePoint:
    """`reach` has the main thread call `act` once, at such a moment."""

    def __init__(self, act: Callable[[], None]) -> None:
        self._act = act
        self._began = time.monotonic()
        self._over = self._given_up = False
        self.error: BaseException | None = None
        """What it has raised."""
        self.came = False
        """Whether the main thread has come to Python code at all."""

    def reach(self, patience: float, *, anywhere: bool = False) -> bool:
        """Whether it was called within so many seconds. With `anywhere` this thread calls it where the
        main thread does not come, as one that waits for the others."""
        end = self._began + patience
        while not self._over and time.monotonic() < end:
            self.came = False
            self._ask()
            if anywhere and not self.came:
                self._try(sys._current_frames(), mine=_thread.get_ident())
        self._given_up = not self._over
        return self._over

    def _ask(self) -> None:
        done = _thread.allocate_lock()
        done.acquire()

        def here(_: int | None) -> int:
            self.came = True
            try:
                if not (self._over or self._given_up):
                    self._try(sys._current_frames())
            except BaseException as error:
                self.error = error
            finally:
                _kept.remove(kept)
                done.release()
            return 0

        kept = _Callback(here)
        _kept.append(kept)
        if ctypes.pythonapi.Py_AddPendingCall(kept, None):
            _kept.remove(kept)  # too many are pending
        else:
            done.acquire(timeout=CHOOSY)
        time.sleep(PAUSE)

    def _try(self, threads: dict[int, FrameType], mine: int = -1) -> None:
        stacks = [stack(frame) for key, frame in threads.items() if key != mine]
        choosy = time.monotonic() - self._began < CHOOSY
        if any(map(in_hooks, stacks)) or (choosy and any(map(in_step, stacks))):
            return
        self._over = True
        try:
            self._act()
        except KeyboardInterrupt as error:
            self.error = error
            _thread.interrupt_main()  # it was meant for the program
        except BaseException as error:
            self.error = error
