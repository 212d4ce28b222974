"""Answers on single layers: the list of them, and the norms of one."""

from pathlib import Path
from typing import Any

import numpy as np

from gradtui.commands.assistant.bounds import gap
from gradtui.commands.assistant.curve_values import thinned
from gradtui.commands.page.heat import heat_map
from gradtui.commands.page.layers import LayerRow, layer_rows, present_rows
from gradtui.commands.recorded import named_run
from gradtui.commands.report import strict
from gradtui.core.errors import GradtuiError, UsageError
from gradtui.core.facts import Facts
from gradtui.core.layout import IntArray
from gradtui.core.logged import LAYERS
from gradtui.core.snapshot import Grad, Weight, merge_norms
from gradtui.core.text import did_you_mean, printable
from gradtui.doctor.comparison import layer_names
from gradtui.doctor.diagnose import diagnose
from gradtui.runstore.files.reading import any_numbers
from gradtui.runstore.reader.load import facts_of, load

SCHEMA = 1
NAMED = 8
"""Layers that are named where a word may mean several."""


def list_layers(home: Path, run: str = "", name: str = "", most: int = 60) -> dict[str, Any]:
    """The layers that have `name` in theirs; where there are more than `most`, those that findings name
    before others."""
    with named_run(run, home) as named, any_numbers():
        facts = facts_with_layers(named.directory)
        names = layer_names(facts)
        found = [row for row, own in enumerate(names) if name in own]
        rows = {row for one in diagnose(facts).findings for row in one.rows}
        shown = sorted(sorted(found, key=lambda row: (row not in rows, row))[:most])
        left = [gap(("layers",), len(found) - len(shown))] if len(found) > len(shown) else []
        return {
            "schema": SCHEMA,
            "run": str(named.path),
            "kept_steps": len(facts),
            "found": len(found),
            "layers": summaries(facts, np.array(shown, np.int64), rows),
            "left_out": left,
        }


def layer_norms(
    home: Path,
    layer: str,
    run: str = "",
    step: int | None = None,
    points: int = 60,
    around: int = 5,
) -> dict[str, Any]:
    """A layer over all kept steps, thinned to about `points`, and `around` kept steps before and after
    `step`; the last ones where none is given."""
    with named_run(run, home) as named, any_numbers():
        facts = facts_with_layers(named.directory, every=True)
        row = row_of(layer, facts)
        rows = {row for one in diagnose(facts).findings for row in one.rows}
        (summary,) = summaries(facts, np.array([row], np.int64), rows)
        there = present_rows(facts)[:, row]
        norms = facts.row_norms[:, row]
        curve, _ = thinned(facts.steps[there], norms[there], points)
        return {
            "schema": SCHEMA,
            "run": str(named.path),
            "layer": summary,
            "tensors": [_tensor(facts, place) for place in facts.layout.tensors_of[row]],
            "over_steps": curve,
            "step": step,
            "around": [at_step(facts, row, at) for at in near(facts.steps, step, around)],
        }


def facts_with_layers(directory: Path, *, every: bool = False) -> Facts:
    """Of a run that tells of layers; with `every` all kept steps. Raises GradtuiError."""
    loaded = load(directory)
    facts = facts_of(loaded, len(loaded.block.steps)) if every else facts_of(loaded)
    if not len(facts):
        raise GradtuiError("the run has taken no step yet, so nothing is known of its layers.")
    if facts.info.logged is not None and facts.info.logged.gradients != LAYERS:
        raise GradtuiError("this log tells nothing of single layers.")
    return facts


def row_of(word: str, facts: Facts) -> int:
    """The row that a word means: a layer's name, a tensor's, or a part that only one layer's has.
    Raises UsageError."""
    names = layer_names(facts)
    if word in names:
        return names.index(word)
    for tensor in facts.layout.tensors:
        if tensor.name == word:
            return tensor.row
    found = [row for row, name in enumerate(names) if word and word in name]
    if len(found) == 1:
        return found[0]
    shown = ", ".join(printable(names[row]) for row in found[:NAMED])
    if found:
        more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
        raise UsageError(f"{printable(word)!r} is in the names of several layers: {shown}{more}.")
    hint = did_you_mean(word, names) or ": list_layers has their names."
    raise UsageError(f"there is no layer {printable(word)!r}{hint}")


def near(steps: IntArray, step: int | None, around: int) -> list[int]:
    """Indices of the kept step nearest to one, and of `around` on each side; of the last ones without."""
    if step is None:
        return list(range(max(len(steps) - 2 * around - 1, 0), len(steps)))
    middle = int(np.abs(steps - step).argmin())
    return list(range(max(middle - around, 0), min(middle + around + 1, len(steps))))


def summaries(facts: Facts, rows: IntArray, named: set[int]) -> list[dict[str, Any]]:
    """Of each row what it was over all kept steps."""
    there, names = present_rows(facts), layer_names(facts)
    found = layer_rows(facts, rows, there, heat_map(facts, rows, there), named)
    kept = there[~facts.skipped]
    return [
        _summary(one, names[row], bool(kept[:, row].any()))
        for one, row in zip(found, rows.tolist(), strict=True)
    ]


def _summary(row: LayerRow, name: str, present: bool) -> dict[str, Any]:
    out: dict[str, Any] = strict(
        {
            "name": name,
            "kind": row.kind,
            "parameters": row.parameters,
            "named": row.sick,
            "norm_last": row.now if present else None,
            "norm_median": _known(row.median),
            "norm_lowest": _known(row.low),
            "norm_highest": _known(row.high),
            "change": _known(row.change),
            "weight_norm": row.weights if row.weights_lost else _known(row.weights),
            "update_ratio": _known(row.update),
            "zeros": _known(row.zeros),
            "nonfinite_steps": row.lost,
            "first_nonfinite_step": row.lost_first if row.lost else None,
        }
    )
    return out


def at_step(facts: Facts, row: int, at: int) -> dict[str, Any]:
    """A layer at one kept step."""
    places = list(facts.layout.tensors_of[row])
    grads, weights = facts.grads[at][places], facts.weights[at][places]
    there = ~np.isnan(grads[:, Grad.NONFINITE])
    known = ~np.isnan(weights[:, Weight.NONFINITE])
    updates = weights[known, Weight.UPDATE]
    broken = bool((weights[known, Weight.NONFINITE] > 0).any())
    odd = int(grads[there, Grad.NONFINITE].sum()) if there.any() else None
    largest = grads[there, Grad.ABS_MAX]
    zeros = grads[there, Grad.ZEROS]
    counted = bool(there.any()) and not np.isnan(zeros).any()
    measured = bool(there.any()) and (bool(odd) or not np.isnan(largest).any())
    first = facts.first_nonfinite
    lost = first is not None and int(facts.steps[at]) >= first.step
    loss = float(facts.loss[at])
    out: dict[str, Any] = strict(
        {
            "step": int(facts.steps[at]),
            "grad_norm": float(facts.row_norms[at, row]) if there.any() else None,
            "grad_abs_max": float(largest.max()) if measured else None,
            "nonfinite": odd,
            "zeros": int(zeros.sum()) if counted else None,
            "weight_norm": _merged(weights[known, Weight.NORM]),
            "update_norm": _merged(updates if broken else updates[~np.isnan(updates)]),
            "loss": loss if lost else _known(loss),
            "skipped": bool(facts.skipped[at]),
        }
    )
    return out


def _merged(norms: Any) -> float | None:
    return float(merge_norms(norms)) if len(norms) else None


def _tensor(facts: Facts, place: int) -> dict[str, Any]:
    tensor = facts.layout.tensors[place]
    return {
        "name": tensor.name,
        "shape": list(tensor.shape),
        "role": tensor.role,
        "structural_zero": tensor.structural_zero,
    }


def _known(value: float) -> float | None:
    """NaN stands for what is not known."""
    return None if value != value else value
