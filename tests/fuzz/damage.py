"""Ways to damage a run directory. Each takes a random generator and the directory, and says in a word
what it did; what goes on while the run is read is a function that it returns."""

import json
import math
import os
import shutil
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from gradtui.runstore.format.records import STEP

Going = Callable[[], None]
Damage = Callable[[Random, Path], Going | None]

NUMBERS: list[Any] = [
    *(
        0,
        -1,
        1,
        3,
        255,
        256,
        65535,
        65536,
        2**31 - 1,
        2**31,
        2**53,
        2**63 - 1,
        2**63,
        2**64,
        10**400,
    ),
    *(1e308, -1e308, 1e999, -1e999, math.nan, 5e-324, 0.5, -0.0, 1.5e300),
]
WORDS = [
    *("", "\x1b[2J\x1b]0;owned\x07", "\r\n", "\0", "../../etc/passwd", "/etc/passwd", "a/b", "."),
    *("=cmd|'/c calc'!A1", "@x", "+1", "-1", "\t=1", "<script>alert(1)</script>", "[bold]x[/]"),
    *(
        "\u202eevil",
        "\x9b31m",
        "\u2066x",
        "\ud800",
        "\udcff",
        "x" * 5000,
        "é" * 300,
        "\u0301" * 200,
    ),
    *("[link=x]", "%s%n", "{0}", "字" * 100, "nan", "1e999", "layers.0.weight", "a" * 200_000),
]
TYPES: list[Any] = [None, True, False, [], {}, "", "x", 0, 1.5, [[]], {"a": {}}, [None], ["x"] * 9]
FLOATS = [0.0, -1.0, math.nan, math.inf, -math.inf, 1e308, -1e308, 5e-324, 2.0**53, 2.0**63, 1e-300]
WHOLE = [0, -1, 1, 2**31, 2**53, 2**62, 2**63 - 1, -(2**63), 7]


READ = 16 << 20
"""Bytes of a file that is damaged by reading and writing it; others are holes by then."""


def files(run: Path) -> list[Path]:
    found = [path for path in run.iterdir() if path.is_file() and not path.is_symlink()]
    return sorted(path for path in found if path.stat().st_size < READ)


def one(chance: Random, run: Path, ends: tuple[str, ...] = ("",)) -> Path:
    """A file of the run whose name ends so; any where there is none."""
    found = [path for path in files(run) if path.name.endswith(ends)] or files(run)
    return chance.choice(found)


# Bytes


def truncation(chance: Random, run: Path) -> None:
    path = one(chance, run)
    os.truncate(path, chance.choice([0, 1, chance.randint(0, path.stat().st_size)]))


def bits(chance: Random, run: Path) -> None:
    path = one(chance, run)
    data = bytearray(path.read_bytes())
    for _ in range(chance.choice([1, 3, 40])):
        if data:
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    path.write_bytes(data)


def words(chance: Random, run: Path) -> None:
    path = one(chance, run)
    data = bytearray(path.read_bytes())
    for _ in range(chance.choice([1, 5, 30])):
        a, b = (chance.randrange(max(len(data) // 8, 1)) * 8 for _ in range(2))
        data[a : a + 8], data[b : b + 8] = data[b : b + 8], data[a : a + 8]
    path.write_bytes(data)


def garbage(chance: Random, run: Path) -> None:
    path = one(chance, run)
    data = path.read_bytes()
    at, count = chance.randint(0, len(data)), chance.choice([1, 50, 5000])
    rubbish = chance.choice(
        [chance.randbytes(count), b"\xff" * count, b"\0" * count, b"\n" * count]
    )
    path.write_bytes(data[:at] + rubbish + data[at + chance.choice([0, count]) :])


def holes(chance: Random, run: Path) -> None:
    path = one(chance, run)
    os.truncate(path, chance.choice([1 << 20, 1 << 31, 1 << 36, 1 << 40]))


def copies(chance: Random, run: Path) -> None:
    """A file in the place of another one, or of another rank."""
    path, other = one(chance, run), one(chance, run)
    label = chance.choice(["1", "0.1", "999999", "3.9999", "7", "00", "9" * 40, "1.2.3", "x", ""])
    target = chance.choice([other, run / other.name.replace("0", label), run / f"run-{label}.json"])
    with suppress(shutil.SameFileError):
        shutil.copy(path, target)


def missing(chance: Random, run: Path) -> None:
    for _ in range(chance.choice([1, 1, 3])):
        if files(run):
            one(chance, run).unlink()


# JSON


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths to everything inside a JSON value."""
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value[:4])
    return [at, *(path for key, item in items for path in places(item, (*at, key)))][:500]


def changed(
    chance: Random, run: Path, change: Callable[[Random, Any, Any], None], ends: tuple[str, ...]
) -> None:
    """Change a JSON file, or a line of a file of lines, at a place within it."""
    path = one(chance, run, ends)
    text = path.read_text(errors="replace")
    lines = text.splitlines() if path.suffix == ".jsonl" else [text]
    at = chance.randrange(len(lines)) if lines else 0
    try:
        value = json.loads(lines[at])
    except (ValueError, IndexError, RecursionError):
        return
    for _ in range(chance.choice([1, 1, 2, 6])):
        ways = places(value)[1:]
        if not ways:
            break
        *way, last = chance.choice(ways)
        inner = value
        for key in way:
            inner = inner[key]
        change(chance, inner, last)
    lines[at] = json.dumps(value)
    path.write_text("".join(f"{line}\n" for line in lines), errors="replace")


HEADERS, LINES = ("run.json", ".json"), (".jsonl", "exit.json")


def either(chance: Random) -> tuple[str, ...]:
    return HEADERS if chance.random() < 0.75 else LINES


def trees(chance: Random, run: Path) -> None:
    def change(chance: Random, inner: Any, last: Any) -> None:
        what = chance.choice(["drop", "nest", "deep", "double", "rename", "many", "empty"])
        if what == "drop":
            del inner[last]
        elif what == "nest":
            inner[last] = chance.choice([[inner[last]], {"x": inner[last]}])
        elif what == "deep":
            for _ in range(300):
                inner[last] = [inner[last]]
        elif what == "double" and isinstance(inner, list):
            inner += inner[:50]
        elif what == "many" and isinstance(inner[last], list):
            inner[last] = inner[last] * chance.choice([2, 100, 5000])
            del inner[last][20_000:]
        elif what == "rename" and isinstance(inner, dict):
            inner[str(last).upper()] = inner.pop(last)
        else:
            inner[last] = type(inner[last])()

    changed(chance, run, change, either(chance))


def types(chance: Random, run: Path) -> None:
    def change(chance: Random, inner: Any, last: Any) -> None:
        inner[last] = chance.choice(TYPES)

    changed(chance, run, change, either(chance))


def numbers(chance: Random, run: Path) -> None:
    def change(chance: Random, inner: Any, last: Any) -> None:
        old = inner[last]
        if isinstance(old, (int, float)) or chance.random() < 0.1:
            inner[last] = chance.choice(NUMBERS)

    for _ in range(3):
        changed(chance, run, change, either(chance))


def names(chance: Random, run: Path) -> None:
    def change(chance: Random, inner: Any, last: Any) -> None:
        word = chance.choice(WORDS)
        if isinstance(inner[last], str):
            inner[last] = word
        elif isinstance(inner, dict) and chance.random() < 0.2:
            inner[word] = inner.pop(last)

    for _ in range(4):
        changed(chance, run, change, either(chance))


def raw_json(chance: Random, run: Path) -> None:
    """What is hardly JSON any more."""
    path = one(chance, run, either(chance))
    count = chance.choice([10, 1000, 200_000])
    text = chance.choice(
        [
            "[" * count,
            '{"a":' * count,
            "9" * count,
            f'{{"schema": 2, "schema": {"1" * count}}}',
            "[" + "{}," * count + "{}]",
            '{"kind": "failed", "step": 1e999}\n' * count,
            '{"kind": "ended", "step": -3}\n' * min(count, 1000),
            "NaN",
            '"\\ud800"',
            "\ufeff{}",
            "{}\0",
            "1.7976931348623157e+309" + "0" * count,
        ]
    )
    path.write_text(path.read_text(errors="replace") + text if chance.random() < 0.3 else text)


# Numbers in records


def values(chance: Random, run: Path) -> None:
    """Impossible numbers in the fields of records."""
    path = one(chance, run, (".bin",))
    data = bytearray(path.read_bytes())
    size = STEP.itemsize if path.name.startswith("steps") else 8
    for _ in range(chance.choice([1, 4, 40])):
        if len(data) < size:
            return
        at = chance.randrange(len(data) // 8) * 8
        if chance.random() < 0.4:  # the fields in the front are the ones that everything goes by
            at = chance.randrange(len(data) // size) * size + 8 * chance.randrange(2)
        number = np.float64(chance.choice(FLOATS)) if chance.random() < 0.5 else None
        whole = np.int64(chance.choice(WHOLE))
        data[at : at + 8] = (whole if number is None else number).tobytes()
    path.write_bytes(data)


def columns(chance: Random, run: Path) -> None:
    """The same impossible number everywhere in a field of all steps."""
    path = one(chance, run, ("steps-0.bin",))
    found = np.fromfile(path, STEP) if path.name.startswith("steps") else np.zeros(9, STEP)
    for _ in range(chance.choice([1, 2])):
        name = chance.choice(STEP.names or ())
        kind = FLOATS if STEP[name].kind == "f" else WHOLE
        with np.errstate(all="ignore"):
            found[name] = np.array(chance.choice(kind)).astype(STEP[name])
    if chance.random() < 0.2:
        found = np.tile(found, 200)
    path.write_bytes(found.tobytes())


# What is no file


def links(chance: Random, run: Path) -> None:
    path = one(chance, run)
    inside, kept = one(chance, run), run.parent / "kept"
    shutil.copy(path, kept)
    path.unlink()
    target = chance.choice(
        [inside.name, str(kept), path.name, "nowhere", "/dev/zero", "/dev/tty", "..", "/etc/passwd"]
    )
    path.symlink_to(target)


def fifos(chance: Random, run: Path) -> None:
    path = one(chance, run)
    path.unlink()
    os.mkfifo(path)


def sockets(chance: Random, run: Path) -> None:
    path = one(chance, run)
    path.unlink()
    here = Path.cwd()
    os.chdir(run)
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


def directories(chance: Random, run: Path) -> None:
    path = one(chance, run)
    path.unlink()
    path.mkdir()
    if chance.random() < 0.5:
        (path / "run.json").write_text("{}")


def permissions(chance: Random, run: Path) -> None:
    chance.choice([run, one(chance, run)]).chmod(chance.choice([0, 0o200, 0o111, 0o400]))


# While it is read


def growth(chance: Random, run: Path) -> Going:
    paths = {path: path.read_bytes() for path in (one(chance, run) for _ in range(3))}
    kinds = [chance.choice(["append", "cut", "replace", "gone", "same"]) for _ in range(4)]
    extra = chance.randbytes(300)

    def go() -> None:
        for path, data in paths.items():
            for kind in kinds:
                with suppress(OSError):
                    if (
                        not path.is_file()
                    ):  # a pipe, by another way of damage: it would be waited for
                        continue
                    if kind == "append":
                        with path.open("ab") as file:
                            file.write(extra)
                    elif kind == "same":
                        with path.open("ab") as file:
                            file.write(data)
                    elif kind == "cut":
                        os.truncate(path, len(data) // 2)
                    elif kind == "replace":
                        beside = path.with_name("beside")
                        beside.write_bytes(data[: len(data) // 3])
                        beside.replace(path)
                    else:
                        path.unlink()
                time.sleep(0.002)

    return go


DAMAGES: dict[str, Damage] = {
    made.__name__: made
    for made in (
        *(truncation, bits, words, garbage, holes, copies, missing, trees, types, numbers, names),
        *(raw_json, values, columns, links, fifos, sockets, directories, permissions, growth),
    )
}
