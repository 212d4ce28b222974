"""Every way to clip; what the optimizer gets is what counts."""

import sys

import torch
import truth
from torch import nn
from torch.nn.utils import clip_grad_norm_, clip_grad_value_, get_total_norm
from torch.nn.utils.clip_grad import clip_grad_norm_ as by_another_name

torch.manual_seed(34)
model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 2))
first, last = list(model[0].parameters()), list(model[2].parameters())


class Accelerator:
    """Has a method of its own for it, as libraries do."""

    def clip_grad_norm_(self, parameters, max_norm, norm_type=2):
        return torch.nn.utils.clip_grad_norm_(parameters, max_norm, norm_type=norm_type)


def in_halves():
    total = get_total_norm([p.grad for p in model.parameters()])
    nn.utils.clip_grads_with_norm_(model.parameters(), 0.1, total)


def by_group():
    clip_grad_norm_(first, 0.1)
    clip_grad_norm_(last, 0.2, foreach=False)


WAYS = [
    lambda: clip_grad_norm_(model.parameters(), 0.1),
    lambda: by_another_name(model.parameters(), max_norm=0.1, foreach=True),
    lambda: torch.nn.utils.clip_grad.clip_grad_norm_(model.parameters(), 0.1, norm_type=torch.inf),
    lambda: Accelerator().clip_grad_norm_(model.parameters(), 0.1),
    in_halves,
    by_group,
    lambda: clip_grad_value_(model.parameters(), 0.01),
]
groups = [{"params": first}, {"params": last, "lr": 0.05}]
optimizer = torch.optim.SGD(groups, lr=0.1, fused="fused" in sys.argv)
for i in range(14):
    optimizer.zero_grad()
    loss = (model(torch.randn(8, 4)) - 3).square().sum()
    loss.backward()
    WAYS[i % len(WAYS)]()
    truth.step(loss, dict(model.named_parameters()))
    optimizer.step()
truth.end(model)
