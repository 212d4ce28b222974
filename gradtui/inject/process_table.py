"""Python processes as /proc has them: what is mapped into them, how old they are, what they take."""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from gradtui.core.secrets import masked

PROC = Path("/proc")
TORCH = re.compile(r"/libtorch(_cpu|_python)?\.so")
PYTHON = re.compile(r"(?:^|/|lib)python(\d+)\.(\d+)t?(?:\.so[.\d]*|/|$)")
"""Names that tell the version: a program, its library, the folder of its packages."""
LARGEST = 16 << 20
"""Bytes of a file in /proc that are looked at."""
GONE = (OSError, ValueError, IndexError, KeyError)
"""What looking at a process that ends meanwhile, or is another one's, can end in."""


@dataclass(frozen=True, slots=True)
class Mapping:
    """A part of a process's memory; `path` is "" where no file lies there."""

    start: int
    end: int
    rights: str
    offset: int
    path: str


@dataclass(frozen=True, slots=True)
class ProcessFacts:
    """One process. What cannot be known of another user's is as the defaults have it."""

    pid: int
    parent: int = 0
    user: int = -1
    state: str = "?"
    """A letter: R running, S and D waiting, T stopped, t traced, Z ended."""
    tracer: int = 0
    threads: int = 1
    age: float = 0.0
    """Seconds since its start."""
    cpu: float = 0.0
    """Seconds of processor time that it has used."""
    memory: int = 0
    """Bytes that are resident."""
    command: tuple[str, ...] = ()
    """With secrets masked."""
    python: tuple[int, int] | None = None
    torch: bool = False
    namespace: str = ""
    """Which files it sees: differs from ours in a container."""
    root: str = "/"
    shadow_stack: bool = False
    """Whether the processor holds returns of functions against a second stack."""
    readable: bool = False
    """Whether its memory map could be read."""
    forked: bool = False
    """Whether its parent, which is among those listed, has forked it: it was not started as a program."""
    recorded: str = ""
    """The run directory that gradtui run has given it, in its environment."""


def mappings(text: str) -> list[Mapping]:
    """The lines of a `maps` file. Raises ValueError."""
    out = []
    for line in text.splitlines():
        place, rights, offset, _, _, *path = line.split(None, 5)
        start, _, end = place.partition("-")
        name = path[0] if path else ""
        out.append(Mapping(int(start, 16), int(end, 16), rights, int(offset, 16), name))
    return out


def python_version(paths: Iterable[str]) -> tuple[int, int] | None:
    """That of the interpreter by what it has mapped; None where it is no Python."""
    for path in paths:
        found = PYTHON.search(path.removesuffix(" (deleted)"))
        if found:
            return int(found[1]), int(found[2])
    return None


def fields_of(text: str) -> dict[str, str]:
    """The lines "Name: value" of a `status` file."""
    pairs = (line.partition(":") for line in text.splitlines())
    return {name: value.strip() for name, _, value in pairs}


def stat_fields(text: str) -> list[str]:
    """The fields of a `stat` file from the third on, the state: the name before it may hold anything."""
    return text.rpartition(")")[2].split()


def facts_of(pid: int, proc: Path = PROC, *, now: float | None = None) -> ProcessFacts | None:
    """What is known of a process; None where there is none."""
    place = proc / str(pid)
    try:
        status = fields_of(_text(place / "status"))
        stat = stat_fields(_text(place / "stat"))
        tick = os.sysconf("SC_CLK_TCK")
        up = float(_text(proc / "uptime").split()[0]) if now is None else now
        words = _bytes(place / "cmdline").decode(errors="replace").split("\0")[:-1]
        known = ProcessFacts(
            pid,
            parent=int(status["PPid"]),
            user=int(status["Uid"].split()[1]),
            state=stat[0],
            tracer=int(status.get("TracerPid", "0")),
            threads=int(status.get("Threads", "1")),
            age=max(up - int(stat[19]) / tick, 0.0),
            cpu=(int(stat[11]) + int(stat[12])) / tick,
            memory=int(status.get("VmRSS", "0 kB").split()[0]) * 1024,
            command=masked(words),
            shadow_stack="shstk" in status.get("x86_Thread_features", ""),
        )
    except GONE:
        return None
    return _inside(known, place)


def _inside(known: ProcessFacts, place: Path) -> ProcessFacts:
    """With what only its user may know."""
    try:
        paths = [one.path for one in mappings(_text(place / "maps")) if one.path]
        return replace(
            known,
            python=python_version(paths),
            torch=any(TORCH.search(path) for path in paths),
            namespace=str((place / "ns" / "mnt").readlink()),
            root=str((place / "root").readlink()),
            readable=True,
            recorded=_variable(_bytes(place / "environ"), "GRADTUI_WATCH_RUN"),
        )
    except GONE:
        return known


def _variable(environ: bytes, name: str) -> str:
    start = name.encode() + b"="
    found = (word for word in environ.split(b"\0") if word.startswith(start))
    return os.fsdecode(next(found, start)[len(start) :])


def python_processes(proc: Path = PROC) -> Iterator[ProcessFacts]:
    """Those of this user that have torch loaded, the oldest first; all users' for the superuser."""
    mine = os.geteuid()
    found = []
    for entry in proc.iterdir():
        if entry.name.isascii() and entry.name.isdigit() and int(entry.name) != os.getpid():
            one = facts_of(int(entry.name), proc)
            if one is not None and one.torch and one.python and (mine in (0, one.user)):
                found.append(one)
    commands = {one.pid: one.command for one in found}
    for one in sorted(found, key=lambda one: (-one.age, one.pid)):
        yield replace(one, forked=commands.get(one.parent) == one.command)


def machine_maps(pid: int, proc: Path = PROC) -> list[Mapping]:
    """Raises OSError where they may not be read, ValueError."""
    return mappings(_text(proc / str(pid) / "maps"))


def _text(path: Path) -> str:
    return _bytes(path).decode(errors="replace")


def _bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LARGEST)
