"""run.json: what a reader must know before the first record. Written whole, read with suspicion."""

import json
import math
from dataclasses import asdict, fields
from functools import cache
from hashlib import blake2b
from math import prod
from pathlib import Path
from typing import Any

from gradtui.core.errors import GradtuiError
from gradtui.core.event import OptimizerGroup, RunInfo
from gradtui.core.layout import Layout, RowInfo, TensorInfo
from gradtui.core.logged import GRADIENTS, Logged
from gradtui.core.secrets import masked
from gradtui.core.text import printable, shown
from gradtui.core.wiring import Faults
from gradtui.runstore.files.disk import replace_file
from gradtui.runstore.files.reading import DAMAGE, HEADER, read_json
from gradtui.runstore.format.file_names import DETAILS, detail_name, header_name, steps_name
from gradtui.runstore.format.records import STAGES, described, detail_dtype, steps_dtype
from gradtui.runstore.format.run_header import Generation, Header

SCHEMA = 2
READS = (1, 2)
"""Version 1 had no `backwards` in its steps."""
OWN = ("generations", "steps")
"""Fields of a header that are more than plain values."""
LARGEST = 1 << 62
"""Elements of a tensor."""
LARGEST_SEED = 1 << 64
LONGEST = 1 << 16
"""Characters of a text, and of a whole command line."""
MOST_GENERATIONS, MOST_TENSORS, MOST_DIMENSIONS = 4096, 1 << 18, 64


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


MOST_SETTINGS = 100
"""Of an optimizer."""
MOST_GROUPS = 1 << 16
"""Of all optimizers."""
MOST_LIMITS = 100
"""Of a log."""


def read_header(path: Path) -> Header:
    """Raises GradtuiError with one sentence where the file is missing or not one of ours."""
    where = printable(str(path))
    try:
        data = read_json(path, HEADER)
        schema = data["schema"]
    except DAMAGE as error:
        kind = error.strerror if isinstance(error, OSError) and error.strerror else ""
        kind = kind if kind and not isinstance(error, FileNotFoundError) else type(error).__name__
        raise GradtuiError(f"{where} is not the header of a run ({kind})") from None
    if schema not in READS or isinstance(schema, bool):
        raise GradtuiError(
            f"{where} was written by another version of gradtui (schema {shown(schema):.20}, "
            f"this one reads {READS[0]} to {READS[-1]}): install the gradtui that wrote it"
        )
    try:
        return _from_json(data)
    except (*DAMAGE, AttributeError) as error:
        wrong = printable(str(error))[:80]
        raise GradtuiError(f"{where} is damaged: {type(error).__name__} {wrong}") from None


def _from_json(data: dict[str, Any]) -> Header:
    header = Header(
        command=_command(data["command"]),
        host=text(data["host"]),
        machine=text(data["machine"]),
        directory=text(data["directory"]),
        device=text(data["device"]),
        started=_number(data["started"]),
        optimizers=tuple(text(name) for name in data["optimizers"]),
        versions={text(k): text(v) for k, v in data["versions"].items()},
        launcher=_launcher(data["launcher"]),
        rank=whole(data["rank"], 10**6 - 1),
        attempt=whole(data["attempt"], 10**4 - 1),
        restart=whole(data.get("restart", 0)),
        world_size=whole(data["world_size"]),
        pid=whole(data["pid"]),
        steps_taken=whole(data.get("steps_taken", 0)),
        steps_measured=whole(data.get("steps_measured", 0)),
        steps=steps_dtype(data["steps"]["dtype"]),
    )
    generations = data["generations"]
    if not isinstance(generations, list) or len(generations) > MOST_GENERATIONS:
        raise ValueError("generations are no list, or too many")
    header.generations += [_generation(generation) for generation in generations]
    return header


def _generation(data: dict[str, Any]) -> Generation:
    layout = _layout(data["rows"], data["tensors"])
    rows = layout.rows
    given = known(RunInfo, data["info"])
    carried = tuple(float(value) for value in given.get("carried", ()))
    if len(carried) not in (0, len(rows)):
        raise ValueError(f"carried: {len(carried)} numbers for {len(rows)} rows")
    unseen = tuple(printable(text(name)) for name in given.get("unseen_names", ()))
    own = {
        "carried": carried,
        "wiring": _wiring(given.get("wiring", ())),
        "unseen_names": unseen,
        "clip_value": _clip_value(given),
        "mean_loss": _number(given.get("mean_loss", 0.0)),
        "label_loss": max(_number(given.get("label_loss", 0.0)), 0.0),
        "samples": whole(given.get("samples", 0)),
        "tokens": whole(given.get("tokens", 0)),
        "settings": _settings(given.get("settings", ())),
        "groups": _groups(given.get("groups", ())),
        "epoch_steps": max(_number(given.get("epoch_steps", 0.0)), 0.0),
        "by_schedule": given.get("by_schedule") is True,
        "synchronised": given.get("synchronised") is True,
        "attached": _attached(given.get("attached")),
        "logged": _logged(given.get("logged")),
    }
    info = RunInfo(**given | own)
    return Generation(layout, info)


_LAYOUTS: dict[bytes, Layout] = {}
"""The latest few that were read, by a digest of what describes them."""
MOST_LAYOUTS = 8


def _layout(rows: Any, tensors: Any) -> Layout:
    """Of ranks that hold the same it is the same object: it is made once for all of them, and so is what is
    worked out of it. Raises TypeError, KeyError or ValueError."""
    if max(len(rows), len(tensors)) > MOST_TENSORS:
        raise ValueError(f"more than {MOST_TENSORS:,} tensors or rows")
    digest = blake2b(json.dumps([rows, tensors]).encode(), digest_size=32).digest()
    found = _LAYOUTS.get(digest)
    if found is None:
        found = _made(rows, tensors)
        while len(_LAYOUTS) >= MOST_LAYOUTS:
            _LAYOUTS.pop(next(iter(_LAYOUTS)), None)
        _LAYOUTS[digest] = found
    return found


def _made(rows: Any, tensors: Any) -> Layout:
    made = tuple(RowInfo(**known(RowInfo, row)) for row in rows)
    out = []
    for tensor in tensors:
        shape = tuple([whole(n) for n in tensor["shape"]])
        row = whole(tensor["row"])
        if row >= len(made) or len(shape) > MOST_DIMENSIONS or prod(shape) > LARGEST:
            raise ValueError(f"a tensor in row {row} of {len(made)}, or its shape")
        given = known(TensorInfo, tensor) | {"shape": shape, "row": row}
        if given.get("requires_grad") not in (None, True, False):
            raise ValueError("requires_grad is neither true nor false")
        if given.get("group") is not None:
            whole(given["group"], MOST_GROUPS)
        out.append(TensorInfo(**given))
    return Layout(tuple(out), made)


def text(value: Any) -> str:
    """A string that can be written anywhere. Raises ValueError where it is none, or a book."""
    if not isinstance(value, str) or len(value) > LONGEST:
        raise ValueError("a text is missing, or too long")
    if value.isascii():
        return value
    return value.encode("utf-8", "backslashreplace").decode()


def whole(value: Any, most: int = 1 << 62) -> int:
    """A count. Raises ValueError."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise ValueError("a number is missing, or out of range")
    return value


def _number(value: Any) -> float:
    found = float(value)
    if not math.isfinite(found):
        raise ValueError("a number that is not finite")
    return found


def _settings(given: Any) -> tuple[tuple[str, float], ...]:
    if not isinstance(given, (list, tuple)) or len(given) > MOST_SETTINGS:
        raise ValueError("settings are no list, or too many")
    return tuple((printable(text(name)), _number(value)) for name, value in given)


def _groups(given: Any) -> tuple[OptimizerGroup, ...]:
    if not isinstance(given, (list, tuple)) or len(given) > MOST_GROUPS:
        raise ValueError("groups are no list, or too many")
    return tuple(map(_group, given))


def _group(given: dict[str, Any]) -> OptimizerGroup:
    lr = given.get("lr")
    return OptimizerGroup(
        optimizer=whole(given["optimizer"]),
        name=printable(text(given["name"])),
        place=whole(given["place"]),
        count=whole(given["count"]),
        lr=None if lr is None else _number(lr),
        settings=_settings(given.get("settings", ())),
    )


def _attached(given: Any) -> int | None:
    """Raises ValueError."""
    return given if given is None or given == -1 else whole(given)


def _logged(given: Any) -> Logged | None:
    """Raises TypeError or ValueError."""
    if given is None:
        return None
    limits = given.get("limits", ())
    if not isinstance(limits, (list, tuple)) or len(limits) > MOST_LIMITS:
        raise ValueError("limits are no list, or too many")
    own = {"limits": tuple(printable(text(clause)) for clause in limits)}
    logged = Logged(**known(Logged, given) | own)
    if logged.gradients not in GRADIENTS:
        raise ValueError("gradients of a log")
    return logged


def _command(given: Any) -> tuple[str, ...]:
    """Masked once more: whoever wrote it may not have known how."""
    if not isinstance(given, list):
        raise ValueError("the command is no list")
    words: list[str] = []
    room = LONGEST
    for word in given:
        words.append(text(word[:room] if isinstance(word, str) else word))
        room -= len(word) + 1
        if room <= 0:
            words.append("...")
            break
    return masked(words)


def _launcher(given: Any) -> dict[str, Any]:
    if not given:
        return {}
    return {"pid": whole(given.get("pid", 0)), "machine": text(given.get("machine", ""))}


def _wiring(given: Any) -> Faults:
    """Raises TypeError or ValueError."""
    return tuple((printable(text(kind)), printable(text(words))) for kind, words in given)


def _clip_value(given: dict[str, Any]) -> float | None:
    """Earlier versions wrote it in words alone, such as "norm 1, value 0.5"."""
    if "clip_value" in given:
        value = given["clip_value"]
        return None if value is None else _number(value)
    words = (word.partition("value ")[2] for word in given.get("clip", "").split(", "))
    return next((_number(word) for word in words if word), None)


def known(cls: type[Any], given: dict[str, Any]) -> dict[str, Any]:
    """The items that `cls` has fields for, of its fields' plain types; a later version may add."""
    out = {}
    for name, kind in _plain_types(cls):  # type: ignore[arg-type]  # a class is hashable
        if name not in given:
            continue
        value = given[name]
        if kind == "str":
            value = text(value)
        elif kind == "seed":
            if not (isinstance(value, int) and abs(value) <= LARGEST_SEED):
                raise ValueError("seed is no integer")
        elif kind == "int":
            value = whole(value)
        elif kind == "bool" and not isinstance(value, bool):
            raise ValueError(f"{name} is neither true nor false")
        out[name] = value
    return out


@cache
def _plain_types(cls: type) -> tuple[tuple[str, str], ...]:
    """The fields of a class, each with "str", "int", "bool" or "seed" where it is one of them, else ""."""
    out = []
    for field in fields(cls):
        kind = next((k.__name__ for k in (str, int, bool) if field.type in (k, k.__name__)), "")
        out.append((field.name, "seed" if field.name == "seed" else kind))
    return tuple(out)
