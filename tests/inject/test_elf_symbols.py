"""Exported functions of this Python, and files that are none."""

import ctypes
import os
import platform
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradtui.inject.elf_symbols import Function, exported
from gradtui.inject.pending_call import ADD, RUN
from gradtui.inject.process_table import Mapping, machine_maps

LINUX = sys.platform == "linux" and platform.machine() == "x86_64"
ELF = pytest.mark.skipif(not LINUX, reason="other systems have other programs")


def interpreter() -> Mapping:
    """What has the functions of Python: its program, or its library."""
    address = ctypes.cast(ctypes.pythonapi.Py_AddPendingCall, ctypes.c_void_p).value or 0
    maps = machine_maps(os.getpid())
    path = next(one.path for one in maps if one.start <= address < one.end)
    return next(one for one in maps if one.path == path)


@ELF
def test_functions_lie_where_the_loader_has_them() -> None:
    mapping = interpreter()
    data = Path(mapping.path).read_bytes()
    found = exported(lambda size, offset: data[offset : offset + size], (ADD, RUN, "no_such"))
    assert found.keys() == {ADD, RUN}
    for name, function in found.items():
        address = ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p).value
        assert mapping.start + function.address == address
        code = ctypes.string_at(address, function.size)
        assert code == data[function.offset : function.offset + function.size]


@pytest.mark.parametrize(
    "data", [b"", b"#!/bin/sh\n", b"\x7fELF\x02\x01", b"\x7fELF\x01\x01" + bytes(90)]
)
def test_what_is_no_program_is_said_to_be_none(data: bytes) -> None:
    with pytest.raises(ValueError, match="program"):
        exported(lambda size, offset: data[offset : offset + size], (ADD,))


@ELF
@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 63), st.integers(0, 255)), min_size=1, max_size=8))
def test_a_damaged_program_ends_in_words(changes: list[tuple[int, int]]) -> None:
    path = interpreter().path
    number = os.open(path, os.O_RDONLY)
    try:
        head = bytearray(os.pread(number, 64, 0))
        for at, value in changes:
            head[at] = value

        def read(size: int, offset: int) -> bytes:
            if offset == 0 and size == 64:
                return bytes(head)
            return os.pread(number, min(size, 1 << 22), offset) if 0 <= offset < 1 << 40 else b""

        try:
            found = exported(read, (ADD,))
        except ValueError:
            return
        assert all(isinstance(one, Function) for one in found.values())
    finally:
        os.close(number)
