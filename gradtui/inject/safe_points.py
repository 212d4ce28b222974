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
        self._turn = _thread.allocate_lock()
        self._pending = _thread.allocate_lock()
        """Held while the main thread has been asked to come and has not."""
        self.error: BaseException | None = None
        """What it has raised."""

    def reach(self, patience: float, *, anywhere: bool = False) -> bool:
        """Whether it was called within so many seconds. With `anywhere` this thread calls it where the
        main thread does not come, as one that waits for the others."""
        end = self._began + patience
        while not self._over and time.monotonic() < end:
            came = self._asked(min(CHOOSY, end - time.monotonic()))
            if anywhere and not came:
                self._try(mine=_thread.get_ident())
            time.sleep(PAUSE)
        with self._turn:
            self._given_up = not self._over
        return self._over

    def _asked(self, patience: float) -> bool:
        """Whether the main thread has come. One that does not is not asked again: it has not much room
        for such calls."""
        if self._pending.acquire(blocking=False):

            def here(_: int | None) -> int:
                try:
                    self._try()
                finally:
                    _kept.remove(kept)
                    self._pending.release()
                return 0

            kept = _Callback(here)
            _kept.append(kept)
            if ctypes.pythonapi.Py_AddPendingCall(kept, None):
                _kept.remove(kept)
                self._pending.release()
                return False
        came = self._pending.acquire(timeout=max(patience, 0.0))
        if came:
            self._pending.release()
        return came

    def _try(self, mine: int = -1) -> None:
        """Call it, where no stack but this thread's own says that it must not be; raises nothing."""
        if not self._turn.acquire(blocking=False):
            return
        try:
            if not (self._over or self._given_up) and self._is_safe(mine):
                self._over = True
                self._act()
        except KeyboardInterrupt as error:
            self.error = error
            _thread.interrupt_main()  # it was meant for the program
        except BaseException as error:
            self.error = error
        finally:
            self._turn.release()

    def _is_safe(self, mine: int) -> bool:
        threads = sys._current_frames().items()
        stacks = [stack(frame) for key, frame in threads if key != mine]
        choosy = time.monotonic() - self._began < CHOOSY
        return not any(map(in_hooks, stacks)) and not (choosy and any(map(in_step, stacks)))
