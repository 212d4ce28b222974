"""Optimizers of one's own: one that wraps another, one whose step calls its parent's, with closures."""

import torch
import truth
from torch import nn


class Noted(torch.optim.SGD):
    """Overrides step and calls the one it overrides."""

    def step(self, closure=None):
        self.taken = getattr(self, "taken", 0) + 1
        return super().step(closure)


class Ahead(torch.optim.Optimizer):
    """Steps another optimizer over the same parameters."""

    def __init__(self, inner: torch.optim.Optimizer) -> None:
        self.inner = inner
        super().__init__(inner.param_groups, {})

    def step(self, closure=None):
        return self.inner.step(closure)


torch.manual_seed(8)


def train(make) -> nn.Module:
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
    optimizer = make(model)
    for _ in range(8):
        x = torch.randn(16, 4)

        def closure(x=x):
            optimizer.zero_grad()
            loss = model(x).square().mean()
            loss.backward()
            truth.step(loss, dict(model.named_parameters()))
            return loss

        if isinstance(optimizer, Noted):
            optimizer.step(closure)
        else:
            closure()
            optimizer.step()
    return model


first = train(lambda m: Noted(m.parameters(), lr=0.1))
second = train(lambda m: Ahead(torch.optim.Adam(m.parameters())))
truth.end(first, second)
