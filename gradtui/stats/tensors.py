"""Any tensor that can be a gradient, brought down to plain real values that can be reduced."""

from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor

from gradtui.core.errors import TrainingError

PLAIN_TYPES = frozenset((Tensor, torch.nn.Parameter))
_COMPRESSED = (torch.sparse_csr, torch.sparse_csc, torch.sparse_bsr, torch.sparse_bsc)


@dataclass(frozen=True, slots=True)
class RealValues:
    """What a tensor stores: `flat` [n] real numbers; what it does not store is zero.

    `signed` [n] is what the sum is taken over, where that differs from `flat`.
    """

    flat: Tensor
    signed: Tensor | None = None


def local(tensor: Tensor) -> Tensor:
    """The part of a tensor that lives in this process: a DTensor's shard, never a collective.

    Recognised by what they can do, so that torch.distributed is not imported.
    """
    if type(tensor) in PLAIN_TYPES:
        return tensor
    part: Any = tensor
    if hasattr(type(part), "to_local"):
        part = part.to_local()
    if hasattr(type(part), "trigger_wait"):  # a collective still under way
        part = part.trigger_wait()
    return cast("Tensor", part)


def home(device: torch.device) -> torch.device:
    """Where tensors of a device are measured: there, unless it has no float64."""
    if device.type == "meta":
        raise TrainingError("tensors on the meta device hold no values to measure")
    return torch.device("cpu") if device.type == "mps" else device


def moved(tensor: Tensor, device: torch.device) -> Tensor:
    """The tensor on another device, without a wait. To the host it is waited for: what the copy has not
    reached yet would be read as if it had."""
    return tensor.to(device, non_blocking=device.type != "cpu")


def measurable(tensor: Tensor) -> bool:
    """Whether it holds numbers that can be looked at: not what is on the meta device or nested, nor
    what decides by itself what an operation on it gives."""
    kind = type(tensor)
    if kind not in PLAIN_TYPES:
        if hasattr(kind, "to_local") or hasattr(kind, "trigger_wait"):
            return True
        if kind.__torch_dispatch__ is not Tensor.__torch_dispatch__:
            return False
    return not (tensor.is_meta or tensor.is_nested)


def working_dtype(dtype: torch.dtype) -> torch.dtype:
    """The type in which values are reduced: exact for each of its inputs."""
    return torch.float64 if dtype == torch.float64 else torch.float32


def is_plain(tensor: Tensor) -> bool:
    """True for dense tensors of real floating-point numbers."""
    return tensor.layout is torch.strided and tensor.is_floating_point()


def values(tensor: Tensor) -> RealValues:
    """The stored values of a local tensor of any layout and number type.

    Complex numbers become their moduli (float64), NaN where either part is NaN; their sum is the
    sum of the real parts. Coalescing a sparse tensor makes a CUDA device synchronise.
    """
    tensor = tensor.detach().to(home(tensor.device))
    if tensor.layout is torch.sparse_coo:
        tensor = tensor.coalesce().values()
    elif tensor.layout in _COMPRESSED:
        tensor = tensor.values()
    elif tensor.layout is not torch.strided:
        tensor = tensor.to_dense()
    if not tensor.is_complex():
        return RealValues(flat_view(tensor))
    parts = torch.view_as_real(tensor.resolve_conj()).to(torch.float64)
    real, imaginary = parts[..., 0].reshape(-1), parts[..., 1].reshape(-1)
    lost = real.isnan() | imaginary.isnan()  # hypot(inf, nan) would be inf
    return RealValues(torch.hypot(real, imaginary).masked_fill_(lost, torch.nan), signed=real)


def components(tensor: Tensor) -> Tensor:
    """[n] all real numbers that make up a local tensor, in logical order; a view where possible."""
    tensor = tensor.detach().to(home(tensor.device))
    if tensor.layout is not torch.strided:
        tensor = tensor.to_dense()
    if tensor.is_complex():
        tensor = torch.view_as_real(tensor.resolve_conj())
    return tensor.reshape(-1)


def flat_view(tensor: Tensor) -> Tensor:
    """[n] in any order: a view where the storage is dense in some order of dimensions."""
    if not tensor.is_contiguous():
        order = sorted(range(tensor.dim()), key=tensor.stride, reverse=True)
        tensor = tensor.permute(order)
    return tensor.reshape(-1)
