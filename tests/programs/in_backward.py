"""One optimizer a parameter, each stepping as soon as its gradient is there, which is then freed."""

import torch
import truth
from torch import nn

torch.manual_seed(12)
model = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 2))
own = {p: torch.optim.Adam([p], lr=1e-3) for p in model.parameters()}
names = {p: name for name, p in model.named_parameters()}
norms: dict[str, float | None] = {}


def update(p):
    norms[names[p]] = truth.norm(p.grad)
    own[p].step()
    p.grad = None


for p in model.parameters():
    p.register_post_accumulate_grad_hook(update)
for _ in range(12):
    loss = model(torch.randn(8, 6)).square().mean()
    value = loss.item()
    loss.backward()
    truth.line(value, norms)
truth.end(model)
