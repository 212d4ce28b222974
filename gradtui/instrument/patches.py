"""What is done around functions of torch, and taken off again."""

from collections.abc import Callable, Generator, Sequence
from typing import Any, Protocol

from gradtui.instrument.cost_meter import CostMeter
from gradtui.instrument.thread_state import TrainingThreads
from gradtui.patching.cuda_capture import capturing
from gradtui.patching.enclosure import Enclosure, Quick, enclosure
from gradtui.runstore.writer.control_file import ControlInbox

Begun = Generator[Any, Any, None]
"""What is done around a call: until its `yield` before, then after it, where that has returned; what
is yielded takes the place of an argument, where the enclosure has one to be replaced."""
Around = Callable[..., Begun]


class Light(Protocol):
    """What is done in place of that while nothing is awaited: short, and without a lock. `begin` gives
    a number, or None."""

    def begin(self, *given: Any) -> int | None: ...

    def over(self, token: int, done: bool) -> None: ...


class Passage:
    """Calls of one function: does what is to be done around them, one thread at a time."""

    __slots__ = (
        "_around",
        "_idle",
        "_inbox",
        "_light",
        "_meter",
        "_recorded",
        "_then",
        "_threads",
        "loose",
        "quick",
    )

    def __init__(
        self,
        meter: CostMeter,
        threads: TrainingThreads,
        around: Around,
        *,
        idle: bool,
        loose: bool,
        light: Light | None,
        quick: Quick | None,
        recorded: Callable[..., None] | None,
        inbox: ControlInbox,
        then: Callable[[], None],
    ) -> None:
        self._meter, self._threads, self._recorded = meter, threads, recorded
        self._inbox, self._then = inbox, then
        self._around, self._idle, self._light, self.loose = around, idle, light, loose
        self.quick = quick

    def begin(self, *given: Any) -> Any:
        meter, threads, light = self._meter, self._threads, self._light
        if light is not None and meter.idle and not threads.several:
            if not meter.sampling:
                return light.begin(*given)
            began = meter.clock()
            before = light.begin(*given)
            meter.sampled(meter.clock() - began)
            return before
        if capturing():
            if self._recorded is not None:
                self._recorded(*given)
            return None
        meter.calls += 1
        if (self._idle and meter.idle) or not threads.enter():
            return None
        try:
            begun = self._around(*given)
            token = begun, next(begun)
        except StopIteration:
            return None
        finally:
            threads.leave()
        if self._inbox.wanted:
            try:
                self._then()
            except BaseException:  # a signal's, while we wait: the call is not made
                self.raised(token)
                raise
        return token

    def again(self, token: Any, value: Any) -> Any:
        return value if type(token) is int or token[1] is None else token[1]

    def over(self, token: Any, out: Any) -> None:
        if type(token) is int:
            assert self._light is not None
            began = self._meter.clock() if self._meter.sampling else 0.0
            self._light.over(token, True)
            if began:
                self._meter.sampled(self._meter.clock() - began)
            return
        self._threads.enter(-1)
        try:
            token[0].send(out)
        except StopIteration:
            return
        finally:
            self._threads.leave()

    def raised(self, token: Any) -> None:
        if type(token) is int:
            assert self._light is not None
            self._light.over(token, False)
            return
        self._threads.enter(-1)
        try:
            token[0].close()
        finally:
            self._threads.leave()


class Patches:
    """What is enclosed for one watcher, until `undo`. `then` is called before a function is, with other
    threads let in, where something is `wanted`."""

    def __init__(
        self,
        meter: CostMeter,
        threads: TrainingThreads,
        inbox: ControlInbox,
        then: Callable[[], None],
        *,
        prepared: bool = False,
    ) -> None:
        """With `prepared` nothing is changed before `put_on`."""
        self._prepared = prepared
        self._meter, self._threads = meter, threads
        self._inbox, self._then = inbox, then
        self._enclosed: list[tuple[Enclosure, Passage]] = []
        meter.resting.append(self._rest)

    def enclose(
        self,
        owner: Any,
        name: str,
        wanted: Sequence[str],
        around: Around,
        *,
        idle: bool = False,
        loose: bool = False,
        light: Light | None = None,
        quick: Quick | None = None,
        recorded: Callable[..., None] | None = None,
        replaced: str = "",
    ) -> None:
        """Have `around(*wanted)` done around each call of `owner.name`, in torch's own frame.

        With `idle` nothing is done while the meter says that nothing is awaited; with `loose` the
        function has its own code for that time, with `light` that is done, and with `quick` that is called as
        long as nobody else listens. What torch.compile traces
        is the original, and so is what is called while a CUDA graph is recorded: then `recorded` is told of
        the call, and may touch nothing on the device.
        """
        found = enclosure(owner, name, wanted, replaced=replaced)
        if found is not None:
            passage = Passage(
                self._meter,
                self._threads,
                around,
                idle=idle,
                loose=loose,
                light=light,
                quick=quick,
                recorded=recorded,
                inbox=self._inbox,
                then=self._then,
            )
            self._enclosed.append((found, passage))
            if not self._prepared:
                found.listen(passage, passage.quick)

    def put_on(self) -> None:
        """What has been prepared."""
        self._prepared = False
        for found, passage in self._enclosed:
            found.listen(passage, passage.quick)

    def _rest(self, idle: bool) -> None:
        # Another thread may have a pass under way when one has nothing to wait for.
        idle = idle and not self._threads.several
        for found, passage in self._enclosed:
            if passage.loose and idle:
                found.leave(passage)
            elif passage.loose:
                found.listen(passage, passage.quick)

    def undo(self) -> None:
        for found, passage in self._enclosed:
            found.leave(passage)
        self._enclosed = []
