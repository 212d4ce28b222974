"""Where exported functions lie in a 64-bit ELF file: its dynamic symbols, which stripping leaves."""

import struct
from collections.abc import Callable, Collection
from typing import NamedTuple

Read = Callable[[int, int], bytes]
"""So many bytes of the file from an offset on: `read(size, offset)`."""

MAGIC = b"\x7fELF\x02\x01"
"""64 bits, little-endian."""
HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
SEGMENT = struct.Struct("<IIQQQQQQ")
SECTION = struct.Struct("<IIQQQQIIQQ")
SYMBOL = struct.Struct("<IBBHQQ")
LOAD, DYNSYM, FUNCTION = 1, 11, 2
LARGEST = 64 << 20
"""Bytes of a table of symbols."""
X86_64 = 62


class Function(NamedTuple):
    """As the file has it: its address relative to that of the file's first byte in memory, its size in
    bytes, and where its code lies in the file."""

    address: int
    size: int
    offset: int


def exported(read: Read, names: Collection[str]) -> dict[str, Function]:
    """Those of the functions that the file exports. Raises ValueError where it is no such file."""
    try:
        header = HEADER.unpack(read(HEADER.size, 0))
        if not header[0].startswith(MAGIC) or header[2] != X86_64:
            raise ValueError("no 64-bit x86 program")
        loads = [part for part in _table(read, SEGMENT, *_place(header, 5, 9)) if part[0] == LOAD]
        sections = _table(read, SECTION, *_place(header, 6, 11))
        base = min(part[3] - part[2] for part in loads)
        found: dict[str, Function] = {}
        for section in sections:
            if section[1] == DYNSYM:
                words = sections[section[6]]
                for name, symbol in _symbols(read, section, words, names):
                    address, size = symbol[4], symbol[5]
                    offset = next(
                        address - part[3] + part[2]
                        for part in loads
                        if part[3] <= address < part[3] + part[5]
                    )
                    found[name] = Function(address - base, size, offset)
        return found
    except (struct.error, IndexError, StopIteration) as error:
        raise ValueError(f"a damaged program ({type(error).__name__})") from None


def _place(header: tuple[int, ...], offset: int, size: int) -> tuple[int, int, int]:
    return header[offset], header[size], header[size + 1]


def _table(
    read: Read, entry: struct.Struct, offset: int, size: int, count: int
) -> list[tuple[int, ...]]:
    if count and size != entry.size:
        raise ValueError("a table of another form")
    return list(entry.iter_unpack(read(size * count, offset)))


def _symbols(
    read: Read, section: tuple[int, ...], words: tuple[int, ...], names: Collection[str]
) -> list[tuple[str, tuple[int, ...]]]:
    if max(section[5], words[5]) > LARGEST:
        raise ValueError("too many symbols")
    text = read(words[5], words[4])
    wanted = {text.find(b"\0" + name.encode() + b"\0") + 1: name for name in names}
    wanted.pop(0, None)
    table = read(section[5], section[4])
    out = []
    for symbol in SYMBOL.iter_unpack(table[: len(table) // SYMBOL.size * SYMBOL.size]):
        defined = symbol[1] & 15 == FUNCTION and symbol[3] != 0 and symbol[4] != 0
        name = wanted.get(symbol[0]) if defined else None
        if name is not None:
            out.append((name, symbol))
    return out
