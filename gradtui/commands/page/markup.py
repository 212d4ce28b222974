"""Words on a page: whatever they hold, they are shown, and nothing else."""

import json
from collections.abc import Iterable
from html import escape
from typing import Any

from gradtui.core.text import printable


def safe(words: object) -> str:
    """Words as text or as an attribute's value: no mark-up, and nothing that is not seen."""
    return escape(printable(str(words)))


def lines(text: str) -> str:
    """Several lines, each safe."""
    return "\n".join(safe(line) for line in text.split("\n"))


def paragraphs(text: str) -> str:
    """Paragraphs are parted by blank lines, as in a scenario's story."""
    parts = (" ".join(part.split()) for part in text.split("\n\n"))
    return "".join(f"<p>{safe(part)}</p>" for part in parts if part)


def definitions(pairs: Iterable[tuple[str, str]]) -> str:
    """(name, value) line by line."""
    rows = "".join(f"<dt>{safe(name)}</dt><dd>{safe(value)}</dd>" for name, value in pairs)
    return f"<dl>{rows}</dl>" if rows else ""


def embedded(data: Any) -> str:
    """JSON that can stand within a script element, whatever strings are in it. Numbers must be finite."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
