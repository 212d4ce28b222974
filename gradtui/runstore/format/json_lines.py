"""Files of JSON lines: events and controls. What cannot be read is passed over, never raised."""

import json
import math
import os
from pathlib import Path
from typing import Any

from gradtui.runstore.files.reading import look_at, opened, read_at

LONGEST = 1 << 20
"""Bytes of a line beyond which it is not one of ours."""
AT_ONCE = 8 << 20
"""Bytes that are read at once: no file of ours grows so large."""


def dumps(value: dict[str, Any]) -> str:
    """One line of strict JSON; numbers that are not finite become "nan", "inf" and "-inf"."""
    return json.dumps(strict(value), separators=(",", ":"), allow_nan=False)


def strict(value: Any) -> Any:
    """`value` with floats that JSON cannot have as strings."""
    if isinstance(value, dict):
        return {key: strict(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [strict(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    return value


class LineTail:
    """The objects in a growing file of JSON lines, each once. A torn last line waits for its rest."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._offset = 0
        self._rest = b""

    def poll(self) -> list[dict[str, Any]]:
        """What has come since the last call."""
        try:
            if look_at(self.path).st_size == self._offset:
                return []
            with opened(self.path) as fd:
                if os.fstat(fd).st_size < self._offset:
                    self._offset, self._rest = 0, b""
                data = read_at(fd, AT_ONCE, self._offset)
        except OSError:
            return []
        self._offset += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > LONGEST:
            self._rest = b""
        out = []
        for line in lines:
            if not line or len(line) > LONGEST:
                continue
            try:
                value = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(value, dict):
                out.append(value)
        return out
