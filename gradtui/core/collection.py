"""Garbage collection in programs of our own that have a screen.

A full collection goes through every object there is, and no thread runs meanwhile: with torch imported
that is 0.1 to 0.5 s without a frame, a key or a step. Modules are nearly all of it, and they stay.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collections() -> Iterator[None]:
    """While modules are imported, which make objects by the hundred thousand and no garbage. What there
    is at its end is there to stay: collections to come leave it out."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()
