"""The frames of records in an event file: length, checksum, record, checksum. Pure.

TensorBoard's own check of a record is a loop over its bytes in Python. Here records of one length are
checked at once, by its table.
"""

import struct
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gradtui.core.layout import BoolArray, IntArray

HEAD, TAIL = 12, 4
"""Bytes before a record (length, checksum of the length), and after it (checksum of the record)."""
LARGEST = 64 << 20
"""Bytes of a record; a longer one is damage."""
CHECKED = 4096
"""Bytes of a record up to which it is checked: longer ones are pictures and texts."""
MASK_DELTA = 0xA282EAD8
ALL = 0xFFFFFFFF
LENGTH = struct.Struct("<Q")

Bytes = npt.NDArray[np.uint8]


class Frames(NamedTuple):
    """Where records begin and end, of all that are whole; `trouble` says what the rest is."""

    begin: IntArray
    end: IntArray
    trouble: str


def frames(data: bytes, table: Sequence[int]) -> Frames:
    """`table`: of 256 numbers, that of CRC-32C."""
    begins: list[int] = []
    ends: list[int] = []
    at, trouble = 0, ""
    while at < len(data):
        if at + HEAD > len(data):
            trouble = "ends in the middle of a record"
            break
        length = LENGTH.unpack_from(data, at)[0]
        end = at + HEAD + length
        if end + TAIL > len(data):
            trouble = "ends in the middle of a record"
            break
        begins.append(at + HEAD)
        ends.append(end)
        at = end + TAIL
    begin, end_of = np.array(begins, np.int64), np.array(ends, np.int64)
    good = sound(np.frombuffer(data, np.uint8), begin, end_of, np.array(table, np.uint32))
    if not good.all():
        first = int(np.argmin(good))
        trouble = f"is damaged at byte {int(begin[first]) - HEAD:,}"
        begin, end_of = begin[:first], end_of[:first]
    elif trouble and at + HEAD <= len(data) and not _length_sound(data, at, table):
        trouble = f"is damaged at byte {at:,}"
    return Frames(begin, end_of, trouble)


def sound(data: Bytes, begin: IntArray, end: IntArray, table: npt.NDArray[np.uint32]) -> BoolArray:
    """[n] whether the checksums of each record and of its length are right."""
    good = checksums(data, begin - HEAD, 8, table) == _told(data, begin - TAIL)
    good &= end - begin <= LARGEST
    length = end - begin
    for size in np.unique(length[length <= CHECKED]).tolist():
        at = np.flatnonzero(length == size)
        good[at] &= checksums(data, begin[at], size, table) == _told(data, end[at])
    return np.asarray(good)


def checksums(
    data: Bytes, begin: IntArray, size: int, table: npt.NDArray[np.uint32]
) -> npt.NDArray[np.uint32]:
    """[n] masked CRC-32C of the `size` bytes from each of `begin` on."""
    crc = np.full(len(begin), ALL, np.uint32)
    for offset in range(size):
        crc = table[(crc ^ data[begin + offset]) & 0xFF] ^ (crc >> np.uint32(8))
    crc ^= np.uint32(ALL)
    return ((crc >> np.uint32(15)) | (crc << np.uint32(17))) + np.uint32(MASK_DELTA)


def _told(data: Bytes, at: IntArray) -> npt.NDArray[np.uint32]:
    """[n] the numbers of 4 bytes at these places."""
    parts = data[at[:, None] + np.arange(4)].astype(np.uint32)
    return np.asarray((parts << np.array([0, 8, 16, 24], np.uint32)).sum(axis=1, dtype=np.uint32))


def _length_sound(data: bytes, at: int, table: Sequence[int]) -> bool:
    there = np.frombuffer(data, np.uint8)
    place = np.array([at])
    found = checksums(there, place, 8, np.array(table, np.uint32))
    return bool((found == _told(there, place + 8)).all())
