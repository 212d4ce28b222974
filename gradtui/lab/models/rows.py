"""What a model says about itself: its rows, their tensors and where their activations can be read."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from torch import Tensor, nn

from gradtui.core.layout import BEFORE_NORM, Layout, RowInfo, TensorInfo

KEY_BIAS = "softmax ignores what is added to all scores alike"


@dataclass(frozen=True)
class LayerRow:
    """`parameters` lists (name, tensor, role, structural zero or ""). `block` is the module whose
    output is the layer's output, `act` the one whose output shows dead and saturated units."""

    info: RowInfo
    parameters: Sequence[tuple[str, Tensor, str, str]]
    block: nn.Module | None = None
    act: nn.Module | None = None


@dataclass(frozen=True)
class Network:
    """A module and its rows, input side first. A recurrent one also has `hidden`: after a forward
    pass, its states at each time step as lists of tensors, one list a time row."""

    module: nn.Module
    rows: Sequence[LayerRow]
    steps: int = 0
    """Time steps of a recurrent net; 0 otherwise. They are the first rows of the layout."""
    state_shapes: Sequence[tuple[str, tuple[int, ...]]] = field(default_factory=tuple)
    """Name and shape of each state tensor of one time step, batch included."""

    def layout(self) -> Layout:
        tensors: list[TensorInfo] = []
        rows: list[RowInfo] = []
        for time in range(self.steps):
            rows.append(RowInfo(f"t={time}", "time"))
            tensors += [
                TensorInfo(f"{name}[{time}]", shape, time, "hidden")
                for name, shape in self.state_shapes
            ]
        for row in self.rows:
            tensors += [
                TensorInfo(name, tuple(tensor.shape), len(rows), role, zero)
                for name, tensor, role, zero in row.parameters
            ]
            rows.append(row.info)
        return Layout(tuple(tensors), tuple(rows))


def module_row(
    name: str,
    module: nn.Module,
    *,
    kind: str,
    activation: str = "",
    fans: tuple[int, int] = (0, 0),
    extra: Sequence[nn.Module] = (),
    bias_is_idle: bool = False,
    block: nn.Module | None = None,
    act: nn.Module | None = None,
) -> LayerRow:
    """A row of one module's parameters and those of `extra` (its normalisation, its activation)."""
    found: list[tuple[str, Tensor, str, str]] = []
    for part, owner in enumerate((module, *extra)):
        for label, tensor in owner.named_parameters():
            short = label.replace("parametrizations.", "").replace(".original", "")
            if part == 0:
                role = "bias" if "bias" in short else "weight"
            else:
                role = "bias" if short.endswith("bias") else "gain"
            idle = BEFORE_NORM if part == 0 and role == "bias" and bias_is_idle else ""
            where = name if part == 0 else f"{name}.{type(owner).__name__.lower()}"
            found.append((f"{where}.{short}", tensor, role, idle))
    info = RowInfo(name, kind, activation, *fans)
    return LayerRow(info, found, block, act)
