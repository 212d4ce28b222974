"""A quantity over the steps in few points, none of which is made up."""

from typing import Any

from gradtui.commands.page.curves import Curve, Thinning
from gradtui.core.layout import FloatArray, IntArray


def thinning(first: int, last: int, points: int) -> Thinning:
    """Keeps about `points` finite values of the steps `first` to `last`, counted from `first` on."""
    return Thinning(max(last - first, 0), max(points // 2, 1))


def thinned(steps: IntArray, values: FloatArray, points: int) -> tuple[dict[str, Any], list[int]]:
    """As `curve_json`, of [n] values every one of which was measured; `steps` rise."""
    if not len(steps):
        return {"steps": [], "values": []}, []
    first, last = int(steps[0]), int(steps[-1])
    kept = thinning(first, last, points)
    kept.add_measured(steps - first, values)
    return curve_json(kept.curve(""), first)


def curve_json(curve: Curve, first: int) -> tuple[dict[str, Any], list[int]]:
    """Steps and values in their order, what is not finite as a word; and the steps of those that a loss
    scaler has thrown away."""
    points: list[tuple[int, float | str]] = list(zip(curve.steps, curve.values, strict=True))
    points += [(one.step, one.word) for one in curve.lost]
    points.sort(key=lambda point: point[0])
    told = {"steps": [first + step for step, _ in points], "values": [v for _, v in points]}
    return told, [first + one.step for one in curve.lost if one.skipped]
