"""Whether all processes of a training get the same gradients."""

import sys
from collections.abc import Iterable, Sequence
from typing import Any

from torch import Tensor, nn


def synchronised(tensors: Sequence[Tensor], modules: Iterable[nn.Module]) -> bool:
    """Whether one DistributedDataParallel over all processes holds these."""
    distributed: Any = sys.modules.get("torch.distributed")
    if distributed is None or not distributed.is_available() or not distributed.is_initialized():
        return False
    world = distributed.get_world_size()
    wanted = {id(tensor) for tensor in tensors}
    for module in modules if world > 1 and wanted else ():
        if not any(kind.__name__ == "DistributedDataParallel" for kind in type(module).__mro__):
            continue
        group = getattr(module, "process_group", None)
        if group is None or distributed.get_world_size(group) != world:
            continue
        left_out = getattr(module, "parameters_to_ignore", ())
        if not left_out and wanted <= {id(tensor) for tensor in module.parameters()}:
            return True
    return False
