"""run.json: what a reader must know before the first record. Written whole, read with suspicion."""

import json
from dataclasses import asdict, fields
from math import prod
from pathlib import Path
from typing import Any

from gradtui.core.errors import GradtuiError
from gradtui.core.event import RunInfo
from gradtui.core.layout import Layout, RowInfo, TensorInfo
from gradtui.core.text import printable
from gradtui.core.wiring import Faults
from gradtui.stream.disk import replace_file
from gradtui.stream.file_names import detail_name, header_name, steps_name
from gradtui.stream.header import Generation, Header
from gradtui.stream.records import DETAILS, STAGES, described, detail_dtype, steps_dtype

SCHEMA = 2
READS = (1, 2)
"""Version 1 had no `backwards` in its steps."""
OWN = ("generations", "steps")
"""Fields of a header that are more than plain values."""
LARGEST = 1 << 62
"""Elements of a tensor."""


def write_header(directory: Path, header: Header) -> None:
    """Raises OSError."""
    text = json.dumps(as_json(header), indent=1)
    replace_file(directory / header_name(header.label), text.encode())


def as_json(header: Header) -> dict[str, Any]:
    plain = {f.name: getattr(header, f.name) for f in fields(header) if f.name not in OWN}
    label = header.label
    return {
        "schema": SCHEMA,
        **plain,
        "steps": {
            "file": steps_name(label),
            "dtype": described(header.steps),
            "stages": list(STAGES),
        },
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
    if schema not in READS:
        raise GradtuiError(
            f"{where} was written by another version of gradtui (schema {schema!r:.20}, "
            f"this one reads {READS[0]} to {READS[-1]}): install the gradtui that wrote it"
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
        steps=steps_dtype(data["steps"]["dtype"]),
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
        given = known(RunInfo, generation["info"])
        carried = tuple(float(value) for value in given.get("carried", ()))
        info = RunInfo(**given | {"carried": carried, "wiring": _wiring(given.get("wiring", ()))})
        header.generations.append(Generation(Layout(tuple(tensors), rows), info))
    return header


def _wiring(given: Any) -> Faults:
    """Raises TypeError or ValueError."""
    return tuple((printable(str(kind)), printable(str(words))) for kind, words in given)


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
