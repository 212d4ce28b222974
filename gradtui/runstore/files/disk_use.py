"""How much of a disk a run takes, and a mark by which a change of its files is seen."""

import os
from dataclasses import dataclass
from hashlib import blake2s
from itertools import islice
from pathlib import Path

MOST = 10_000
"""Files that are counted: a run of a thousand ranks has some."""
BLOCK = 512
"""Bytes that st_blocks counts in."""


@dataclass(frozen=True, slots=True)
class DiskUse:
    """`size` in bytes, as the file system has given them: holes take none. `stamp` is another one once
    any of the files has changed."""

    size: int = 0
    stamp: str = ""


def disk_use(directory: Path, leaving_out: frozenset[str] = frozenset()) -> DiskUse:
    """Of the files in a directory, not of folders in it; never raises. A change of those that are left
    out does not count as one; their size does. Nothing is opened, no link is followed."""
    size, seen = 0, []
    try:
        with os.scandir(directory) as entries:
            for entry in islice(entries, MOST):
                found = entry.stat(follow_symlinks=False)
                size += found.st_blocks * BLOCK
                if entry.name not in leaving_out:
                    seen.append((os.fsencode(entry.name), found.st_size, found.st_mtime_ns))
    except (OSError, ValueError):
        return DiskUse(size)
    return DiskUse(size, blake2s(repr(sorted(seen)).encode(), digest_size=12).hexdigest())
