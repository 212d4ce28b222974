"""Layouts that differ: ranks that hold other tensors, parameters that came later."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from gradtui.core.layout import IntArray, Layout, RowInfo, TensorInfo

Key = tuple[str, int]


def keys(names: Iterable[str]) -> list[Key]:
    """Names made unique by counting those that are alike."""
    seen: dict[str, int] = {}
    out = []
    for name in names:
        count = seen.get(name, 0)
        out.append((name, count))
        seen[name] = count + 1
    return out


def places(old: Sequence[str], new: Sequence[str]) -> IntArray:
    """[new] where each of the new names is among the old, -1 where it is not."""
    if old == new:
        return np.arange(len(new))
    known = {key: i for i, key in enumerate(keys(old))}
    return np.array([known.get(key, -1) for key in keys(new)], dtype=np.int64)


def onto(old: Layout, later: Sequence[Layout], new: Layout) -> tuple[IntArray, IntArray]:
    """[tensors], [rows] of `new`: where each is among those of `old`, -1 where it is not. `later` are the
    layouts of the run between them, the newest included: they tell what has been renamed."""
    tensors, rows = [t.name for t in old.tensors], [r.name for r in old.rows]
    before = old
    for layout in later:
        if layout == before:  # more became known of the run, and nothing was renamed again
            continue
        renamed = {t.was: t for t in layout.tensors if t.was}
        moved_rows = {
            before.rows[t.row].name: layout.rows[renamed[t.name].row].name
            for t in before.tensors
            if t.name in renamed
        }
        tensors = [renamed[name].name if name in renamed else name for name in tensors]
        rows = [moved_rows.get(name, name) for name in rows]
        before = layout
    found = places(tensors, [t.name for t in new.tensors])
    return found, places(rows, [r.name for r in new.rows])


def moved(values: npt.NDArray[Any], at: IntArray, fill: float) -> npt.NDArray[Any]:
    """[n, old, columns] -> [n, new, columns], `fill` in what is not among the old; the values themselves
    where nothing has moved."""
    if np.array_equal(at, np.arange(values.shape[1])):
        return values
    if not values.shape[1]:
        return np.full((len(values), len(at), *values.shape[2:]), fill, values.dtype)
    out = values[:, np.maximum(at, 0)]
    out[:, at < 0] = fill
    return out


def whole(layouts: Sequence[Layout]) -> Layout:
    """What ranks hold together, in the order of the first; shards with their shapes put together. Of tensors
    that the first does not hold the group is not known: it is one of another rank's groups."""
    first = layouts[0]
    if all(layout == first for layout in layouts[1:]) and not has_shards(first):
        return first
    rows: dict[Key, RowInfo] = {}
    parts: dict[Key, list[TensorInfo]] = {}
    for layout in layouts:
        lost: dict[str, Any] = {} if layout is first else {"group": None}
        for key, row in zip(keys(r.name for r in layout.rows), layout.rows, strict=True):
            rows.setdefault(key, row)
        at = list(rows)
        own = keys(r.name for r in layout.rows)
        for key, tensor in zip(keys(t.name for t in layout.tensors), layout.tensors, strict=True):
            parts.setdefault(key, []).append(replace(tensor, row=at.index(own[tensor.row]), **lost))
    return Layout(tuple(_together(p) for p in parts.values()), tuple(rows.values()))


def has_shards(layout: Layout) -> bool:
    return any(t.placement == "shard" for t in layout.tensors)


def _together(parts: list[TensorInfo]) -> TensorInfo:
    """A tensor from its shards: along the first dimension where the others agree, else flat."""
    first = parts[0]
    if first.placement != "shard" or len(parts) == 1:
        return first
    if all(p.shape and p.shape[1:] == first.shape[1:] for p in parts):
        return replace(first, shape=(sum(p.shape[0] for p in parts), *first.shape[1:]))
    return replace(first, shape=(sum(prod(p.shape) for p in parts),))
