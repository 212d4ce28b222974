"""The small training that the programs share, and what they print of it at their end."""

import hashlib
import random
from collections.abc import Callable, Iterable

import numpy as np
import torch
from torch import Tensor, nn


def small_net(seed: int = 1) -> nn.Sequential:
    torch.manual_seed(seed)
    random.seed(seed)
    np.random.seed(seed)
    return nn.Sequential(nn.Linear(8, 16), nn.Tanh(), nn.Linear(16, 2))


def small_batch(seed: int = 3) -> tuple[Tensor, Tensor]:
    chosen = torch.Generator().manual_seed(seed)
    inputs = torch.randn(16, 8, generator=chosen)
    return inputs, torch.randint(0, 2, (16,), generator=chosen)


def train(
    steps: int = 20,
    net: nn.Module | None = None,
    optimizer: torch.optim.Optimizer | None = None,
    each: Callable[[int], object] = lambda step: None,
) -> nn.Module:
    """The plain loop; `each` is called after each step."""
    net = net or small_net()
    optimizer = optimizer or torch.optim.SGD(net.parameters(), lr=0.1)
    inputs, targets = small_batch()
    for step in range(steps):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(inputs), targets)
        loss.backward()
        optimizer.step()
        each(step)
    return net


def digest(tensors: Iterable[Tensor]) -> str:
    whole = hashlib.sha256()
    for tensor in tensors:
        whole.update(tensor.detach().cpu().reshape(-1).view(torch.uint8).numpy().tobytes())
    return whole.hexdigest()[:16]


def report(net: nn.Module) -> None:
    """Weights, and the state of every generator of random numbers."""
    print("weights", digest(net.state_dict().values()))
    print("random", random.random(), float(np.random.rand()), float(torch.rand(1)), flush=True)
