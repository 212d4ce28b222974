"""Remedies applied: an overlay changes a few keys of a setup and nothing else."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from gradtui.core.errors import ScenarioError
from gradtui.core.text import did_you_mean, shown
from gradtui.lab.scenario.key_combinations import check_setup
from gradtui.lab.scenario.schema import Clip, Data, Model, Optimizer, Precision, Scenario, Setup
from gradtui.lab.scenario.values import Place, checked_table

TABLES: dict[str, type] = {
    "data": Data,
    "model": Model,
    "optimizer": Optimizer,
    "clip": Clip,
    "precision": Precision,
}
"""The tables that decide a run, in the order in which files list them."""


def overlaid(setup: Setup, tables: Mapping[str, object], place: Place) -> Setup:
    """`setup` with the keys in `tables` changed. "none" un-sets a key that may be unset."""
    changed = {}
    for name, table in tables.items():
        if name not in TABLES:
            hint = did_you_mean(name, TABLES) or f"; the tables are {', '.join(TABLES)}."
            raise place.refused(f"has no table {shown(name)}{hint}")
        values = checked_table(TABLES[name], table, place.inside(f"[{name}]"))
        changed[name] = replace(getattr(setup, name), **values)
    return replace(setup, **changed)


def treated(scenario: Scenario, remedies: Iterable[int]) -> Setup:
    """The scenario's setup under the remedies of these indices, applied in this order."""
    setup, used = scenario.setup, []
    for index in remedies:
        if not 0 <= index < len(scenario.remedies):
            raise ScenarioError(
                f"{scenario.name} has no remedy {index + 1}: it has {len(scenario.remedies)}."
            )
        used.append(str(index + 1))
        place = Place(scenario.path or scenario.name, f"remedy {index + 1}:")
        setup = overlaid(setup, scenario.remedies[index].set, place)
    if used:
        word = "remedy" if len(used) == 1 else "remedies"
        place = Place(scenario.path or scenario.name, f"{word} {' + '.join(used)}:")
        check_setup(setup, place)
    return setup
