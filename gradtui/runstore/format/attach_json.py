"""attach.json: what became of attaching to a process, as the process itself has it."""

import json
from dataclasses import asdict, dataclass
from math import isfinite
from pathlib import Path

from gradtui.core.text import printable
from gradtui.runstore.files.disk import replace_file
from gradtui.runstore.files.reading import DAMAGE, SMALL, read_json

NAME = "attach.json"
SCHEMA = 1
WAITING, RECORDING, REFUSED, DETACHED = "waiting", "recording", "refused", "detached"
STATES = (WAITING, RECORDING, REFUSED, DETACHED)
LONGEST = 500
"""Characters of a reason."""


@dataclass(frozen=True, slots=True)
class AttachAnswer:
    """`state` is "recording" from when hooks are on, "refused", or "detached" when all of them are off."""

    state: str
    pid: int = 0
    why: str = ""
    """Why it was refused."""
    stood_still: float = 0.0
    """Seconds that the program's main thread was held up by what was done in it."""
    steps_before: int = -1
    """Steps that its optimizers had taken, by their own counts; -1: not known."""


def write_answer(directory: Path, answer: AttachAnswer) -> None:
    """Raises OSError."""
    text = json.dumps({"schema": SCHEMA, **asdict(answer)})
    replace_file(directory / NAME, text.encode())


def read_answer(directory: Path) -> AttachAnswer | None:
    """None where there is none yet, or none that can be understood."""
    try:
        found = read_json(directory / NAME, SMALL)
        state = found["state"]
        seconds = float(found.get("stood_still", 0.0))
        if found["schema"] != SCHEMA or state not in STATES or not isfinite(seconds):
            return None
        return AttachAnswer(
            state,
            int(found.get("pid", 0)),
            printable(str(found.get("why", "")))[:LONGEST],
            seconds,
            int(found.get("steps_before", -1)),
        )
    except DAMAGE:
        return None
