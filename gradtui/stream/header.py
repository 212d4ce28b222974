"""run.json: what a reader must know before the first record. Written whole, read with suspicion."""

import json
import os
import platform
import re
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from math import prod
from pathlib import Path
from typing import Any

from gradtui.core.errors import GradtuiError
from gradtui.core.event import RunInfo
from gradtui.core.layout import Layout, RowInfo, TensorInfo
from gradtui.core.text import printable
from gradtui.stream.disk import replace_file
from gradtui.stream.records import DETAILS, STAGES, STEP, described, detail_dtype

SCHEMA = 1
LARGEST = 1 << 62
"""Elements of a tensor."""
LABEL = re.compile(r"\d{1,6}(\.\d{1,4})?")
"""RANK, or RANK.ATTEMPT from the second process on that says it is that rank."""


def header_name(label: str) -> str:
    return "run.json" if label == "0" else f"run-{label}.json"


def events_name(label: str) -> str:
    return "events.jsonl" if label == "0" else f"events-{label}.jsonl"


def steps_name(label: str) -> str:
    return f"steps-{label}.bin"


def detail_name(kind: str, label: str, generation: int) -> str:
    return f"{kind}-{label}-{generation}.bin"


def machine() -> str:
    """Tells this machine, boot and pid namespace from every other; "" where that is unknown."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


@dataclass(frozen=True, slots=True)
class Generation:
    """The layout of a run from some step on; a new one begins when parameters are added."""

    layout: Layout
    info: RunInfo


@dataclass(slots=True)
class Header:
    """One rank's description of itself. `generations` is empty until it has taken a step."""

    command: tuple[str, ...] = ()
    rank: int = 0
    attempt: int = 0
    world_size: int = 1
    started: float = 0.0
    pid: int = 0
    host: str = ""
    machine: str = ""
    directory: str = ""
    device: str = ""
    optimizers: tuple[str, ...] = ()
    versions: dict[str, str] = field(default_factory=dict)
    launcher: dict[str, Any] = field(default_factory=dict)
    """`pid` and `machine` of the program that started the command; empty without one."""
    generations: list[Generation] = field(default_factory=list)

    @property
    def label(self) -> str:
        return f"{self.rank}.{self.attempt}" if self.attempt else str(self.rank)


def here(
    command: Sequence[str] = (),
    *,
    rank: int = 0,
    world_size: int = 1,
    optimizers: Sequence[str] = (),
    versions: dict[str, str] | None = None,
) -> Header:
    """A header that describes this process."""
    from gradtui import __version__

    own = {"python": platform.python_version(), "gradtui": __version__}
    for name in ("numpy", "torch"):
        if name in sys.modules:
            own[name] = str(getattr(sys.modules[name], "__version__", ""))
    return Header(
        command=tuple(command),
        rank=rank,
        world_size=world_size,
        started=time.time(),
        pid=os.getpid(),
        host=socket.gethostname(),
        machine=machine(),
        directory=os.environ.get("PWD", ""),
        optimizers=tuple(optimizers),
        versions=own | (versions or {}),
    )


def write_header(directory: Path, header: Header) -> None:
    """Raises OSError."""
    text = json.dumps(as_json(header), indent=1)
    replace_file(directory / header_name(header.label), text.encode())


def as_json(header: Header) -> dict[str, Any]:
    plain = {f.name: getattr(header, f.name) for f in fields(header) if f.name != "generations"}
    label = header.label
    return {
        "schema": SCHEMA,
        **plain,
        "steps": {"file": steps_name(label), "dtype": described(STEP), "stages": list(STAGES)},
        "generations": [
            {
                "info": asdict(generation.info),
                "tensors": [
                    {**asdict(t), "owner": generation.layout.rows[t.row].name}
                    for t in generation.layout.tensors
                ],
                "rows": [asdict(row) for row in generation.layout.rows],
                "files": {
                    kind: {
                        "file": detail_name(kind, label, number),
                        "dtype": described(detail_dtype(kind, generation.layout)),
                    }
                    for kind in DETAILS
                },
            }
            for number, generation in enumerate(header.generations)
        ],
    }


def read_header(path: Path) -> Header:
    """Raises GradtuiError with one sentence where the file is missing or not one of ours."""
    where = printable(str(path))
    try:
        data = json.loads(path.read_bytes())
        schema = data["schema"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise GradtuiError(f"{where} is not the header of a run ({type(error).__name__})") from None
    if schema != SCHEMA:
        raise GradtuiError(
            f"{where} was written by another version of gradtui (schema {schema!r:.20}, "
            f"this one reads {SCHEMA}): install the gradtui that wrote it"
        )
    try:
        return _from_json(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        wrong = printable(str(error))[:80]
        raise GradtuiError(f"{where} is damaged: {type(error).__name__} {wrong}") from None


def _from_json(data: dict[str, Any]) -> Header:
    header = Header(
        command=tuple(str(word) for word in data["command"]),
        host=str(data["host"]),
        machine=str(data["machine"]),
        directory=str(data["directory"]),
        device=str(data["device"]),
        started=float(data["started"]),
        optimizers=tuple(str(name) for name in data["optimizers"]),
        versions={str(k): str(v) for k, v in data["versions"].items()},
        launcher=dict(data["launcher"]),
        rank=int(data["rank"]),
        attempt=int(data["attempt"]),
        world_size=int(data["world_size"]),
        pid=int(data["pid"]),
    )
    for generation in data["generations"]:
        rows = tuple(RowInfo(**known(RowInfo, row)) for row in generation["rows"])
        tensors = []
        for tensor in generation["tensors"]:
            shape = tuple(int(n) for n in tensor["shape"])
            row = int(tensor["row"])
            if not 0 <= row < len(rows) or min(shape, default=0) < 0 or prod(shape) > LARGEST:
                raise ValueError(f"tensor {tensor['name']!r}: row {row}, shape {shape}")
            given = known(TensorInfo, tensor) | {"shape": shape, "row": row}
            tensors.append(TensorInfo(**given))
        info = RunInfo(**known(RunInfo, generation["info"]))
        header.generations.append(Generation(Layout(tuple(tensors), rows), info))
    return header


def known(cls: type[Any], given: dict[str, Any]) -> dict[str, Any]:
    """The items that `cls` has fields for, of its fields' plain types; a later version may add."""
    out = {}
    for f in fields(cls):
        if f.name not in given:
            continue
        value = given[f.name]
        if f.type in (str, "str") and not isinstance(value, str):
            raise ValueError(f"{f.name} is no string")
        if f.type in (int, "int") and not isinstance(value, int):
            raise ValueError(f"{f.name} is no integer")
        out[f.name] = value
    return out
