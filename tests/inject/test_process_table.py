"""What /proc tells, from texts, from a made-up tree, and of this process."""

import os
import sys
from pathlib import Path

import pytest

from gradtui.inject.process_table import (
    Mapping,
    facts_of,
    fields_of,
    mappings,
    python_processes,
    python_version,
    stat_fields,
)

MAPS = """\
55d0c8400000-55d0c8401000 r--p 00000000 fe:00 131 /usr/bin/python3.12
7f1c00000000-7f1c00021000 rw-p 00000000 00:00 0
7f1c10000000-7f1c20000000 r-xp 00010000 fe:00 99 /opt/my venv/lib/python3.12/torch/lib/libtorch_cpu.so
7ffd5a9f0000-7ffd5a9f2000 r-xp 00000000 00:00 0                          [vdso]
"""
STATUS = """\
Name:\tpython) x
State:\tS (sleeping)
PPid:\t{parent}
TracerPid:\t{tracer}
Uid:\t{user}\t{user}\t{user}\t{user}
VmRSS:\t  2048 kB
Threads:\t3
"""


def test_maps_are_taken_apart() -> None:
    found = mappings(MAPS)
    assert [one.path.rpartition("/")[2] for one in found] == [
        "python3.12",
        "",
        "libtorch_cpu.so",
        "[vdso]",
    ]
    assert found[0] == Mapping(0x55D0C8400000, 0x55D0C8401000, "r--p", 0, "/usr/bin/python3.12")
    assert found[2].offset == 0x10000
    with pytest.raises(ValueError, match="not enough values"):
        mappings("nothing of the kind")


@pytest.mark.parametrize(
    ("path", "version"),
    [
        ("/usr/bin/python3.11", (3, 11)),
        ("/usr/lib/libpython3.14t.so.1.0", (3, 14)),
        ("/opt/conda/lib/python3.10/lib-dynload/_json.so", (3, 10)),
        ("/usr/bin/python3.12 (deleted)", (3, 12)),
        ("/usr/bin/python", None),
        ("/home/python3x/tool", None),
    ],
)
def test_the_version_stands_in_names(path: str, version: tuple[int, int] | None) -> None:
    assert python_version(["/lib/libc.so.6", path]) == version


def test_a_name_may_hold_anything() -> None:
    assert stat_fields("7 (a) b (c)) S 1 7")[:2] == ["S", "1"]
    assert fields_of("Name:\ta: b\nPPid:\t4")["PPid"] == "4"


def process(
    proc: Path, pid: int, *, parent: int = 1, user: int | None = None, tracer: int = 0
) -> None:
    place = proc / str(pid)
    (place / "ns").mkdir(parents=True)
    user = os.geteuid() if user is None else user
    (place / "status").write_text(STATUS.format(parent=parent, user=user, tracer=tracer))
    ticks = os.sysconf("SC_CLK_TCK")
    counts = [0] * 50
    counts[11], counts[12], counts[19] = 3 * ticks, ticks, (100 - pid) * ticks
    (place / "stat").write_text(f"{pid} (python) x) S {' '.join(map(str, counts[1:]))}")
    (place / "cmdline").write_bytes(b"python\0train.py\0--token\0secret\0")
    (place / "environ").write_bytes(b"HOME=/\0GRADTUI_WATCH_RUN=/runs/x\0")
    (place / "maps").write_text(MAPS)
    (place / "ns" / "mnt").symlink_to("mnt:[1]")
    (place / "root").symlink_to("/")


def test_a_process_is_described(tmp_path: Path) -> None:
    (tmp_path / "uptime").write_text("100.0 5.0")
    process(tmp_path, 7, tracer=5)
    one = facts_of(7, tmp_path)
    assert one is not None
    assert (one.parent, one.state, one.tracer, one.threads) == (1, "S", 5, 3)
    assert (one.age, one.cpu, one.memory) == (7.0, 4.0, 2 << 20)
    assert one.command == ("python", "train.py", "--token", "***")
    assert (one.python, one.torch, one.readable) == ((3, 12), True, True)
    assert (one.namespace, one.root, one.recorded) == ("mnt:[1]", "/", "/runs/x")
    (tmp_path / "7" / "maps").unlink()
    hidden = facts_of(7, tmp_path)
    assert hidden is not None
    assert not hidden.readable
    assert not hidden.torch
    assert facts_of(8, tmp_path) is None


def test_those_with_torch_are_listed_the_oldest_first(tmp_path: Path) -> None:
    (tmp_path / "uptime").write_text("100.0 5.0")
    process(tmp_path, 7)
    process(tmp_path, 9)
    process(tmp_path, 8, parent=9)
    process(tmp_path, 6)
    (tmp_path / "6" / "maps").write_text(MAPS.replace("libtorch_cpu", "libm"))
    found = list(python_processes(tmp_path))
    assert [one.pid for one in found] == [9, 8, 7]
    assert [one.forked for one in found] == [False, True, False]


@pytest.mark.skipif(sys.platform != "linux", reason="there is no /proc")
def test_this_process_is_what_it_is() -> None:
    one = facts_of(os.getpid())
    assert one is not None
    assert (one.parent, one.user) == (os.getppid(), os.geteuid())
    assert one.python == sys.version_info[:2]
    assert one.memory > 10 << 20
    assert one.cpu > 0
