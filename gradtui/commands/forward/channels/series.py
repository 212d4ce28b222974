"""A batch as series of points, by OpenTelemetry's naming."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from gradtui.commands.forward.records import (
    LAYER_QUANTITIES,
    LOGGED,
    QUANTITIES,
    RANK_NORM,
    SEVERITIES,
    Batch,
    Quantity,
    RunAbout,
    Standing,
)

Attributes = Mapping[str, str]
STEP = Quantity("", "gradtui.step", "{step}", "the newest step, over all optimizers, from 0")
SEVERITY = Quantity(
    "", "gradtui.severity", "", "how bad the verdict is: 0 ok, 1 warning, 2 critical"
)
FINDING = Quantity(
    "", "gradtui.finding", "", "a finding's severity by symptom; 0 where it holds no more"
)
RANK_STEP = Quantity("", "gradtui.rank.step", "{step}", "the newest step of a rank, from 0")
STANDING = (STEP, SEVERITY, FINDING, RANK_STEP)
"""What is sent of how things stand."""
ALL_RANKS, ONE_RANK = "all", "0"
Add = Callable[[Quantity, float, float, Attributes], None]


@dataclass(frozen=True, slots=True)
class Series:
    """All points of one metric; (seconds since 1970, value, attributes) each."""

    name: str
    words: str
    unit: str
    points: list[tuple[float, float, Attributes]] = field(default_factory=list)


def series_of(batch: Batch, about: RunAbout) -> list[Series]:
    """A batch by metric. Values of ranks that train together are merged: their `gradtui.rank` is "all"."""
    made: dict[str, Series] = {}

    def add(of: Quantity, when: float, value: float, attributes: Attributes) -> None:
        series = made.setdefault(of.metric, Series(of.metric, of.words, of.unit))
        series.points.append((when, value, attributes))

    whole = {
        "gradtui.run": about.name,
        "gradtui.rank": ALL_RANKS if about.ranks > 1 else ONE_RANK,
    }
    by_layer: dict[str, Attributes] = {}
    for one in batch.steps:
        for name, value in one.values.items():
            add(QUANTITIES[name], one.time, value, whole)
        for name, layers in one.layers.items():
            for layer, value in layers.items():
                attributes = by_layer.setdefault(layer, {**whole, "gradtui.layer": layer})
                add(LAYER_QUANTITIES[name], one.time, value, attributes)
        for rank, norm in one.ranks.items():
            add(RANK_NORM, one.time, norm, {**whole, "gradtui.rank": rank})
        for name, value in one.logged.items():
            add(LOGGED, one.time, value, {**whole, "gradtui.metric": name})
    if batch.standing is not None:
        _add_standing(batch.standing, whole, add)
    return list(made.values())


def _add_standing(standing: Standing, whole: Attributes, add: Add) -> None:
    when = standing.time
    add(STEP, when, float(standing.step), whole)
    add(SEVERITY, when, float(SEVERITIES[standing.severity]), whole)
    for symptom, word in standing.findings.items():
        add(FINDING, when, float(SEVERITIES[word]), {**whole, "gradtui.symptom": symptom})
    for rank, step in standing.ranks.items():
        add(RANK_STEP, when, float(step), {**whole, "gradtui.rank": rank})
