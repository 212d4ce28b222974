"""Answers of limited size: what is left out is said, and where."""

import json
from collections.abc import Iterator
from typing import Any

LARGEST = 60_000
"""Characters of an answer as JSON: what an assistant can still read."""
ITEMS = (400, 100, 40, 12, 4)
"""Of a list; the first with which the answer is small enough."""
TEXTS = (4000, 1000, 300, 100)
"""Characters of one text, for each of these lists in turn."""
END = "..."
LEFT_OUT = "left_out"
Path = tuple[str | int, ...]


def bounded(answer: dict[str, Any], kept: tuple[str, ...] = ()) -> dict[str, Any]:
    """`answer` with `left_out`. Lists at the top that `kept` names are of limited size already."""
    gaps: list[dict[str, Any]] = []
    made = answer
    for items, text in _limits():
        gaps = []
        made = {
            key: value if key in kept else _cut(value, (key,), items, text, gaps)
            for key, value in answer.items()
            if key != LEFT_OUT
        }
        if len(json.dumps(made)) <= LARGEST:
            break
    return made | {LEFT_OUT: _summed([*answer.get(LEFT_OUT, []), *gaps])}


def gap(at: Path, count: int) -> dict[str, Any]:
    """One place where something was left out."""
    return {"at": pointer(at), "count": count}


def pointer(path: Path) -> str:
    """As JSON Pointer (RFC 6901) writes it."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)


def _summed(gaps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One for each place: a list may have been cut before already."""
    counts: dict[str, int] = {}
    for one in gaps:
        counts[one["at"]] = counts.get(one["at"], 0) + one["count"]
    return [{"at": place, "count": count} for place, count in counts.items()]


def _limits() -> Iterator[tuple[int, int]]:
    for number, items in enumerate(ITEMS):
        yield items, TEXTS[min(number, len(TEXTS) - 1)]


def _cut(value: Any, at: Path, items: int, text: int, gaps: list[dict[str, Any]]) -> Any:
    if isinstance(value, str) and len(value) > text + len(END):
        gaps.append(gap(at, len(value) - text))
        return value[:text] + END
    if isinstance(value, dict):
        return {k: _cut(v, (*at, k), items, text, gaps) for k, v in value.items()}
    if isinstance(value, list):
        if len(value) > items:
            gaps.append(gap(at, len(value) - items))
        return [_cut(v, (*at, i), items, text, gaps) for i, v in enumerate(value[:items])]
    return value
