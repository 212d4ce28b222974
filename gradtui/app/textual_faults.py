"""Textual's own faults, kept from ending the program or from leaving the terminal as it is not wanted.

What was seen, with Textual 8.2.8 (pyproject bounds it above; look again before the bound is moved):

- keys reach a screen that has not been composed yet, and one that has left. See `Panel`;
- a screen that hears of two sizes, with anything else between, lays itself out for one and the other in
  turns and does nothing else any more. See `FaultContainment`;
- once the app has been told to end nothing is mounted any more, but keys go on opening screens, which
  are empty then. See `FaultContainment`;
- a click beside a palette that is closing, a double click: `Screen.dismiss` pops whatever is on top,
  and raises ScreenStackError where that is the last one. See `Panel`;
- toasts pile up without a limit, oldest first, and there is no public place to say otherwise. See
  `FewToasts`;
- page down in a palette whose list has just been filled: KeyError in `OptionList._move_page`;
- any exception in a handler ends the app. See `FaultContainment`;
- `StylesCache.get_inner_outer` is cached with the object that it is asked of: a thousand widgets that are
  long gone are kept with every line that they had drawn. See `forget_closed_widgets`;
- a byte on the input that is no UTF-8, or a key sequence with a number too large for `chr`, ends the
  thread that reads keys, and with it the app, with exit code 0;
- a paste whose end never comes leaves the app deaf for good, and what follows an escape within one is
  typed as keys, or clicked;
- after SIGTSTP and SIGCONT only what changes is drawn again; after SIGCONT alone a second thread reads
  keys and the terminal's modes are taken for those to be given back; both run inside a signal's
  handler, where a lock may be held, and take the terminal once more while the app is ending. A
  terminal that has gone ends the thread that writes, and then whoever draws waits for it. See
  `TerminalDriver`.
"""

import asyncio
import os
import re
import selectors
import signal
import sys
import traceback
from codecs import getincrementaldecoder
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from functools import cache, lru_cache, partial
from importlib.metadata import version
from time import monotonic
from typing import IO, Any, ClassVar, cast

from textual import on
from textual._styles_cache import StylesCache
from textual._xterm_parser import XTermParser
from textual.app import App, ScreenStackError
from textual.await_complete import AwaitComplete
from textual.command import CommandPalette
from textual.css.query import NoMatches
from textual.dom import DOMNode
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Event, InputEvent, Resize
from textual.message import Message
from textual.message_pump import MessagePump
from textual.notifications import Notify
from textual.renderables.background_screen import BackgroundScreen
from textual.screen import ModalScreen, Screen, ScreenResultType
from textual.visual import VisualType
from textual.widget import Widget
from textual.widgets._toast import ToastRack
from textual.worker import WorkerFailed

from gradtui.app.dimmed import DimmedScreen

MOST, WITHIN = 30, 10.0
"""So many faults in so many seconds are borne; a screen that cannot be drawn is no use."""
PASTE_PATIENCE = 2.0
"""Seconds that a paste may be silent before it is over."""

FOREIGN = frozenset({"textual", "rich"})


def textuals_own(error: BaseException) -> bool:
    """Whether no code but Textual's, and the standard library's under it, took part in raising it."""
    roots = []
    for frame, _ in traceback.walk_tb(error.__traceback__):
        name = str(frame.f_globals.get("__name__", ""))
        if name != __name__:
            roots.append(name.partition(".")[0])
    library = FOREIGN | sys.stdlib_module_names
    return bool(FOREIGN & set(roots)) and all(root in library for root in roots)


@cache  # once
def forget_closed_widgets() -> None:
    """Cache what two colours give by the colours alone, and not by whose they are."""
    plain = getattr(StylesCache.get_inner_outer, "__wrapped__", None)
    if plain is not None:
        cached = lru_cache(1024)(partial(plain, StylesCache))
        setattr(StylesCache, "get_inner_outer", staticmethod(cached))  # noqa: B010


class FewToasts(App[None]):
    """Shows the newest toasts, the newest on top."""

    MOST_TOASTS = 2

    def on_notify(self, event: Notify) -> None:
        """The oldest make way for this one, which Textual adds after this; and what a key has done for what
        the next one does."""
        done = event.notification.severity == "information"
        there = list(self._notifications)
        late = [old for old in there if done and old.severity == "information"]
        kept = [old for old in there if old not in late]
        for old in late + kept[: max(len(kept) + 1 - self.MOST_TOASTS, 0)]:
            self._unnotify(old)

    def _refresh_notifications(self) -> None:
        super()._refresh_notifications()
        self.call_later(self._newest_on_top)

    def _newest_on_top(self) -> None:
        with suppress(ScreenStackError, NoMatches):
            rack = self.screen.get_child_by_type(ToastRack)
            if len(rack.children) > 1:
                rack.sort_children(reverse=True)


class FaultContainment(FewToasts):
    """The part of the app in which a fault of Textual's own is noted and ends nothing.

    Faults of ours end the app as ever, and so do those that come before it is up."""

    crash: Exception | None = None
    containing = False
    """From the first frame on."""

    def __init__(self) -> None:
        forget_closed_widgets()
        super().__init__(driver_class=TerminalDriver)
        self._stop_asked = False
        self._faults: deque[float] = deque(maxlen=MOST)
        self._known: set[tuple[str, str]] = set()

    @property
    def leaving(self) -> bool:
        """Whether it has been told to end."""
        return self._exit

    def fault(self, what: str, trace: str) -> None:
        """Told of each kind of fault once."""

    def contain(self, error: Exception) -> bool:
        """Note a fault of Textual's own; False where it is none, or one too many."""
        cause = error.error if isinstance(error, WorkerFailed) else error
        if self._exit and isinstance(cause, NoMatches):
            return True
        if not (self.containing and self._running and textuals_own(cause)):
            return False
        now = monotonic()
        if len(self._faults) == MOST and now - self._faults[0] < WITHIN:
            return False
        self._faults.append(now)
        last = traceback.extract_tb(cause.__traceback__)[-1]
        kind = type(cause).__name__, f"{last.filename}:{last.lineno}"
        if kind not in self._known:
            self._known.add(kind)
            what = f"{kind[0]} in {last.name} of Textual {version('textual')}"
            # Not here: this may be the middle of anything.
            self.call_later(self.fault, what, "".join(traceback.format_exception(cause)))
        return True

    async def _dispatch_message(self, message: Message) -> None:
        await self._contained(super()._dispatch_message, message)

    async def _contained(
        self, dispatch: Callable[[Message], Awaitable[None]], message: Message
    ) -> None:
        try:
            await dispatch(message)
        except Exception as error:
            if not self.contain(error):
                raise

    async def on_event(self, event: Event) -> None:
        if not (self._exit and isinstance(event, InputEvent)):
            await super().on_event(event)

    def _watch(self, pump: MessagePump) -> None:
        """An exception that leaves a widget's handler ends its loop, so it must not."""
        dispatch = pump._dispatch_message

        async def contained(message: Message) -> None:
            # A screen that is laid out for a size tells itself of it: two that are under way at once
            # would take turns for ever.
            stale = isinstance(message, Resize) and message.size != self.size
            if stale and isinstance(pump, Screen):
                return
            await self._contained(dispatch, message)

        setattr(pump, "_dispatch_message", contained)  # noqa: B010

    def _register_child(
        self, parent: DOMNode, child: Widget, before: int | None, after: int | None
    ) -> None:
        if child not in self._registry:
            self._watch(child)
        super()._register_child(parent, child, before, after)

    def _start_widget(self, parent: Widget, widget: Widget) -> None:
        self._watch(widget)
        super()._start_widget(parent, widget)

    def _handle_exception(self, error: Exception) -> None:
        # What timers, workers and layouts raise comes here without having ended a loop.
        # Textual has no public place to learn why an app ended.
        if not self.contain(error):
            self.crash = self.crash or error
            super()._handle_exception(error)

    @on(Driver.SignalResume)
    def _draw_anew(self) -> None:
        """The terminal is another one's screen when it comes back, and shows nothing of ours."""
        self._stop_asked = False
        for screen in self.screen_stack:
            screen.refresh(layout=True)
        compositor, below = self.screen._compositor, self._background_screens
        self._display(self.screen, compositor.render_update(full=True, screen_stack=below))

    def write_to_terminal(self, sequence: str) -> None:
        """Past the screen; nothing where there is no terminal."""
        if sequence and self._driver is not None and not self.is_headless:
            self._driver.write(sequence)
            self._driver.flush()

    def action_suspend_process(self) -> None:
        """To the shell; with it whoever runs this program in its own group, as the shell waits for
        the group's first. Asked for more than once before it has happened, it happens once."""
        if self._driver is not None and self._driver.can_suspend and not self._stop_asked:
            self._stop_asked = True
            os.killpg(0, signal.SIGTSTP)


class Panel(ModalScreen[ScreenResultType]):
    """A screen that is laid over others; it leaves once, and takes no other with it. Until it is up,
    and once it has left, keys can do no more to it than let it leave."""

    LEAVING: ClassVar[frozenset[str]] = frozenset({"close", "go_on", "answer"})
    """Actions that need nothing of what is on it."""
    auto_links = False
    """Of what shines through nothing can be clicked; looking for links in it takes as long as drawing."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        able = action in self.LEAVING or (self.is_mounted and self.is_current)
        return able and super().check_action(action, parameters)

    # A widget may draw any `Visual`; that `Screen` says less is an oversight of its types.
    def render(self) -> VisualType:  # type: ignore[override]
        below = super().render()
        return DimmedScreen(below) if isinstance(below, BackgroundScreen) else below

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        return super().dismiss(result) if self.app.screen is self else AwaitComplete()

    def action_close(self) -> None:
        self.dismiss(None)

    async def action_go_on(self, action: str) -> None:
        """Close, and do on the screen below what the key always does."""
        self.dismiss(None)  # leaves the stack at once: the next key finds the screen below
        await self.app.run_action(action)


class Palette(CommandPalette):
    """The command palette, which does the same. (A second base would hide its stylesheet.)"""

    def dismiss(self, result: None = None) -> AwaitComplete:
        return super().dismiss(result) if self.app.screen is self else AwaitComplete()


class Unbroken:
    """A terminal to write to, which may have gone."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):
            return self._file.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._file.flush()

    def fileno(self) -> int:
        return self._file.fileno()


class TerminalDriver(LinuxDriver):
    """Reads whatever comes, and stops and continues as one expects of a program in a shell."""

    def __init__(self, app: App[Any], **wishes: Any) -> None:
        super().__init__(app, **wishes)
        self._file = cast(Any, Unbroken(cast(IO[str], self._file)))
        self._suspending = self._over = False
        # In the loop, not inside of whatever the signal interrupts.
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTSTP, self._stop)
        loop.add_signal_handler(signal.SIGCONT, self._continue)

    # Stopping and continuing

    def suspend_application_mode(self) -> None:
        self._suspending = True
        super().suspend_application_mode()
        self._suspending = False

    def stop_application_mode(self) -> None:
        """For good, unless it is to be taken again: a signal that comes then must not do it."""
        if not self._suspending:
            self._over = True
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTSTP, signal.SIGCONT):
                loop.remove_signal_handler(number)
        super().stop_application_mode()

    def _stop(self) -> None:
        """Give the terminal back, stop, and take it again."""
        if self._over:
            return
        loop = asyncio.get_running_loop()
        loop.remove_signal_handler(signal.SIGCONT)
        self.suspend_application_mode()
        os.kill(os.getpid(), signal.SIGSTOP)
        self._take_again()
        loop.add_signal_handler(signal.SIGCONT, self._continue)

    def _continue(self) -> None:
        """Stopped by another one, who could not give the terminal back."""
        if self._over:
            return
        self._wait_for_foreground()
        self.suspend_application_mode()
        self._take_again()

    def _take_again(self) -> None:
        self._wait_for_foreground()
        self._must_signal_resume = True
        self.resume_application_mode()
        if self._writer_thread is None or not self._writer_thread.is_alive():
            os.kill(os.getpid(), signal.SIGHUP)  # it cannot be set: it has gone

    def _wait_for_foreground(self) -> None:
        """Stay stopped while the terminal is another one's."""
        with suppress(OSError):
            while os.tcgetpgrp(self.fileno) != os.getpgrp():
                os.kill(os.getpid(), signal.SIGSTOP)

    # Reading

    def run_input_thread(self) -> None:
        """Read until told to end, or the terminal has gone."""
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            keys = Keys(self.process_message, debug=self._debug)
            while not self.exit_event.is_set():
                if not selector.select(0.1):
                    keys.wait()
                    continue
                try:
                    data = os.read(self.fileno, 4096)
                except BlockingIOError:
                    continue
                except OSError:
                    data = b""
                if not data:
                    with suppress(RuntimeError):  # the loop has ended
                        self._loop.call_soon_threadsafe(os.kill, os.getpid(), signal.SIGHUP)
                    return
                keys.feed(data)


START, END = "\x1b[200~", "\x1b[201~"
"""Of a paste."""


class Keys:
    """Bytes from the terminal, taken apart by Textual's parser."""

    def __init__(self, tell: Callable[[Message], object], *, debug: bool = False) -> None:
        self._tell = tell
        self._debug = debug
        self._decode = getincrementaldecoder("utf-8")("ignore").decode
        self._parser = XTermParser(debug)
        self._tail = ""
        self._pasting = False
        self._heard = monotonic()

    def feed(self, data: bytes) -> None:
        self._heard = monotonic()
        # One sequence at a time: a fault in one must not take the others along.
        for part in re.split("(?=\x1b)", self._without_escapes(self._decode(data))):
            if part:
                self._through(self._parser.feed(part))
        self._through(self._parser.tick())

    def wait(self) -> None:
        """Nothing has come for a moment."""
        self._through(self._parser.tick())
        if self._pasting and monotonic() - self._heard > PASTE_PATIENCE:
            self._pasting, self._tail = False, ""
            self._through(self._parser.feed(END))

    def _without_escapes(self, text: str) -> str:
        """The same with none in a paste. What may yet become the paste's end waits for the rest."""
        told = ""
        while text:
            text, before = self._tail + text, len(self._tail)
            if self._pasting:
                words, mark, text = text.partition(END)
                held = 0 if mark else max(n for n in range(len(END)) if words.endswith(END[:n]))
                self._tail = words[len(words) - held :]
                told += words[: len(words) - held].replace("\x1b", "") + mark
            else:
                keys, mark, text = text.partition(START)
                self._tail = "" if mark else keys[1 - len(START) :]
                told += (keys + mark)[before:]
            self._pasting ^= bool(mark)
        return told

    def _through(self, messages: Any) -> None:
        try:
            for message in cast(Iterator[Message], messages):
                self._tell(message)
        except Exception:
            # A generator that has raised is over; another one takes the place of it.
            old, self._parser = self._parser, XTermParser(self._debug)
            for name in ("mouse_pixels", "terminal_size", "terminal_pixel_size"):
                setattr(self._parser, name, getattr(old, name))
            self._pasting, self._tail = False, ""
