"""Rows of the screen from the names of logged layers. Pure."""

import re
from collections.abc import Mapping

from gradtui.core.layout import UNKNOWN_SHAPE, Layout, RowInfo, TensorInfo
from gradtui.core.logged import LAYERS, NOTHING, TOTAL
from gradtui.runstore.logs.table import Table

EVERYTHING = "all parameters"
PARAMETERS = re.compile(r"(?:weight|bias)(?:_[a-z]+_l\d+(?:_reverse)?)?|in_proj_(?:weight|bias)")
"""What torch calls parameters of a module; other names are modules' own, or layers'."""
NORMS = re.compile(r"norm|^ln|^bn|(?:^|_)(?:ln|bn)(?:_|\d|$)", re.IGNORECASE)


def held(table: Table) -> str:
    """What of gradients there is: one of `core.logged.GRADIENTS`."""
    if table.layers:
        return LAYERS
    return TOTAL if table.norm_said.any() else NOTHING


def layout_of(table: Table) -> Layout:
    """A row for each module, in the order of the log; one for everything where no layer was logged.
    Sizes are (numel,), and (0,) where the log does not tell."""
    what = held(table)
    if what == NOTHING:
        return Layout((), ())
    if what == TOTAL:
        everything = TensorInfo(EVERYTHING, UNKNOWN_SHAPE, 0, role="total")
        return Layout((everything,), (RowInfo(EVERYTHING, kind=""),))
    return _by_module({name: column.series.numel for name, column in table.layers.items()})


def _by_module(sizes: Mapping[str, int]) -> Layout:
    rows: dict[str, int] = {}
    tensors = []
    for name, numel in sizes.items():
        module, leaf = parts(name)
        row = rows.setdefault(module, len(rows))
        tensors.append(TensorInfo(name, (numel,), row, role=role_of(module, leaf)))
    return Layout(tuple(tensors), tuple(RowInfo(name, kind="") for name in rows))


def parts(name: str) -> tuple[str, str]:
    """ "net.fc1.weight" -> ("net.fc1", "weight"); what has no parameter's name is a layer by itself."""
    for separator in (".", "/"):
        module, _, leaf = name.rpartition(separator)
        if module and PARAMETERS.fullmatch(leaf):
            return module, leaf
    return name, ""


def role_of(module: str, leaf: str) -> str:
    """As in `TensorInfo`."""
    if leaf.startswith(("bias", "in_proj_bias")):
        return "bias"
    return "gain" if leaf == "weight" and NORMS.search(re.split(r"[./]", module)[-1]) else "weight"
