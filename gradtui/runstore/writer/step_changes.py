"""What changes between steps and is worth a line: all of it at first, then ever more seldom."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradtui.core.snapshot import Snapshot
from gradtui.runstore.format.records import SKIPPED, RecordArray

TOLD = 100
"""Changes of a kind that are told one by one; after them the 128th, the 256th, the 512th, ..."""
OPTIMIZERS = 16
"""Optimizers that are followed."""


def worth_telling(number: int) -> bool:
    """Of the `number`-th change, from 1: so a program that changes at every step for a year has
    fewer than 200 lines."""
    return number <= TOLD or number & (number - 1) == 0


def clip_state(coefficient: float) -> str:
    """ "off" where no clipping is set, "idle" where the gradient was left alone, else "active"."""
    if math.isnan(coefficient):
        return "off"
    return "idle" if coefficient >= 1.0 else "active"


@dataclass(slots=True)
class _Seen:
    """Of one optimizer, as of its last step."""

    skipped: int = 0
    """Steps in a row that the loss scaler threw away."""
    skips: int = 0
    """Such rows."""
    clip: str = "off"
    clip_steps: int = 0
    clips: int = 0
    scale: float = float("nan")
    scales: int = 0


class Changes:
    """Of the loss scaler and of clipping, each optimizer for itself."""

    def __init__(self) -> None:
        self._seen: dict[int, _Seen] = {}

    def lines(self, snapshot: Snapshot) -> list[dict[str, Any]]:
        """The events that this step is, in the order of the steps."""
        if snapshot.optimizer not in self._seen:
            if len(self._seen) == OPTIMIZERS:
                return []
            self._seen[snapshot.optimizer] = _Seen()
        seen = self._seen[snapshot.optimizer]
        told = [
            *self._skip(seen, snapshot.skipped),
            *self._scale(seen, snapshot.loss_scale),
            *self._clip(seen, snapshot),
        ]
        where = {"step": snapshot.step, "optimizer": snapshot.optimizer}
        return [{"kind": line.pop("kind")} | where | line for line in told]

    def rows(self, records: RecordArray) -> list[tuple[dict[str, Any], float]]:
        """The same of steps that were let through, with their times: of these only the loss scaler's
        doings are known."""
        if not len(records):
            return []
        pending = any(seen.skipped for seen in self._seen.values())
        scaled = not np.isnan(records["loss_scale"]).all()
        out: list[tuple[dict[str, Any], float]] = []
        if pending or scaled or (records["flags"] & SKIPPED).any():
            for record in records:
                seen = self._seen.get(int(record["optimizer"]))
                if seen is None:
                    continue
                told = self._skip(seen, bool(record["flags"] & SKIPPED))
                scale = float(record["loss_scale"])
                told += [] if math.isnan(scale) else self._scale(seen, scale)
                where = {"step": int(record["step"]), "optimizer": int(record["optimizer"])}
                out += [
                    ({"kind": line.pop("kind")} | where | line, float(record["time"]))
                    for line in told
                ]
        return out

    def _skip(self, seen: _Seen, skipped: bool) -> list[dict[str, Any]]:
        if skipped:
            seen.skipped += 1
            if seen.skipped > 1:
                return []
            seen.skips += 1
            return [{"kind": "skipped"}] if worth_telling(seen.skips) else []
        if not seen.skipped:
            return []
        count, seen.skipped = seen.skipped, 0
        return [{"kind": "taken", "skipped": count}] if worth_telling(seen.skips) else []

    def _scale(self, seen: _Seen, scale: float) -> list[dict[str, Any]]:
        before = seen.scale
        if scale == before or (math.isnan(scale) and math.isnan(before)):
            return []
        seen.scale = scale
        seen.scales += 1
        told = {"kind": "loss_scale", "loss_scale": scale, "before": before}
        return [told] if worth_telling(seen.scales) else []

    def _clip(self, seen: _Seen, snapshot: Snapshot) -> list[dict[str, Any]]:
        state, lasted = clip_state(snapshot.clip_coefficient), seen.clip_steps
        seen.clip_steps += 1
        if state == seen.clip:
            return []
        seen.clip, seen.clip_steps = state, 1
        seen.clips += 1
        told = {
            "kind": "clip",
            "state": state,
            "coefficient": snapshot.clip_coefficient,
            "steps": lasted,
        }
        return [told] if worth_telling(seen.clips) else []
