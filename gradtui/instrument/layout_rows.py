"""From named tensors to a layout: rows are the owning modules, in the order of registration."""

from collections.abc import Mapping, Sequence
from math import prod

from torch import Tensor, nn

from gradtui.core.layout import Layout, RowInfo, TensorInfo
from gradtui.instrument.parameter_names import Named
from gradtui.stats.tensors import local

SHARDED = ("Shard", "_StridedShard")


def outline(named: Sequence[Named], following: Mapping[int, str] | None = None) -> Layout:
    """The tensors in the given order; those of one module share a row. `following`: id of a module
    -> the activation after it."""
    rows: dict[object, int] = {}
    infos: list[RowInfo] = []
    tensors = []
    for one in named:
        key = one.row if one.module is None else id(one.module)
        if key not in rows:
            rows[key] = len(infos)
            mine = [n for n in named if n.module is one.module and n.row == one.row]
            infos.append(_row(one, mine, (following or {}).get(id(one.module), "")))
        tensors.append(
            TensorInfo(
                name=one.name,
                shape=tuple(local(one.tensor.detach()).shape),
                row=rows[key],
                role=_role(one),
                placement="shard" if sharded(one.tensor) else "replica",
                also=", ".join(one.also),
                requires_grad=one.tensor.requires_grad
                if type(one.tensor) is nn.Parameter
                else None,
            )
        )
    return Layout(tuple(tensors), tuple(infos))


def sharded(tensor: Tensor) -> bool:
    """Whether this process holds only a part of it."""
    if type(tensor).__name__ == "FlatParameter":
        return True
    if not hasattr(type(tensor), "to_local"):
        return False
    placements = getattr(tensor, "placements", ())
    return any(type(placement).__name__ in SHARDED for placement in placements)


def _row(one: Named, mine: Sequence[Named], activation: str) -> RowInfo:
    kind = "Parameter" if one.module is None else type(one.module).__name__
    kind = kind.removeprefix("FSDP")
    weights = [n.tensor for n in mine if n.tensor.dim() >= 2]
    fan_in = fan_out = 0
    if weights:
        out, into, *kernel = weights[0].shape
        if isinstance(one.module, nn.modules.conv._ConvTransposeNd):
            out, into = into, out
        fan_in, fan_out = into * prod(kernel), out * prod(kernel)
        if isinstance(one.module, (nn.Embedding, nn.EmbeddingBag)):
            fan_in, fan_out = fan_out, fan_in
    name = one.row or kind.lower()
    return RowInfo(name, kind, activation, fan_in, fan_out)


def _role(one: Named) -> str:
    leaf = one.name.rpartition(".")[2]
    if "bias" in leaf:
        return "bias"
    if one.module is not None and "Norm" in type(one.module).__name__ and one.tensor.dim() <= 1:
        return "gain"
    return "weight"
