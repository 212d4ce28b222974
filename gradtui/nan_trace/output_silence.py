"""Keeps what a second run of a program's code prints, logs and writes out of the program's streams."""

import io
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from gradtui.nan_trace.live_objects import live_objects

IN_MEMORY = (io.StringIO, io.BytesIO)
FILES = (io.TextIOWrapper, io.BufferedWriter, io.BufferedRandom, io.FileIO)


@contextmanager
def silenced() -> Iterator[None]:
    """Within it nothing that this thread writes by way of Python reaches a stream or an open file:
    whoever holds one, a logger or a variable, has its `write` do nothing. Other threads write as
    ever. Files in memory hold afterwards what they held. What goes to a descriptor past Python
    (os.write, C code, child processes) comes through."""
    files = _writable()
    streams = {
        id(stream): stream for stream in (*_streams(), *files) if type(stream) not in IN_MEMORY
    }
    thread, done = threading.get_ident(), []
    disabled = logging.root.manager.disable
    memory = [(one, one.__getstate__()) for one in files if type(one) in IN_MEMORY]
    try:
        for stream in streams.values():
            with suppress(Exception):
                write = _dropping(stream.write, thread)
                if "write" not in vars(stream):
                    vars(stream)["write"] = write
                    done.append((stream, write))
        logging.disable(max(disabled, logging.CRITICAL))
        yield
    finally:
        logging.disable(disabled)
        for stream, write in done:
            if vars(stream).get("write") is write:
                del vars(stream)["write"]
        for file, state in memory:
            with suppress(Exception):
                if not file.closed and file.__getstate__() != state:
                    file.__setstate__(state)


def _streams() -> list[Any]:
    """Where a program writes, whatever it is made of: its standard streams, what stands in for them,
    and the streams of loggers' handlers."""
    found: list[Any] = [sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__]
    for ref in list(logging._handlerList):  # type: ignore[attr-defined]
        handler = ref() if callable(ref) else ref
        found.append(getattr(handler, "stream", None))
    return [one for one in found if one is not None]


def _writable() -> list[Any]:
    """Files that are open for writing, in memory or not."""
    kinds = frozenset((*IN_MEMORY, *FILES))
    found = []
    for file in live_objects(kinds.__contains__):
        with suppress(ValueError):  # it is detached from its buffer
            if not file.closed and file.writable():
                found.append(file)
    return found


def _dropping(write: Callable[[Any], Any], thread: int) -> Callable[[Any], Any]:
    def instead(data: Any) -> Any:
        return len(data) if threading.get_ident() == thread else write(data)

    return instead
