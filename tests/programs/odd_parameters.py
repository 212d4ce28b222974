"""Sparse, complex, tied, frozen, unused and empty parameters; half of them join later."""

import torch
import truth
from torch import nn


class Odd(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(40, 8, sparse=True)
        self.first = nn.Linear(8, 8)
        self.same = nn.Linear(8, 8)
        self.same.weight = self.first.weight
        self.wave = nn.Parameter(torch.randn(8, dtype=torch.complex64))
        self.unused = nn.Linear(3, 3)
        self.nothing = nn.Parameter(torch.empty(0))
        self.late = nn.Linear(8, 1)

    def forward(self, i):
        h = self.same(self.first(self.table(i)).tanh())
        return self.late((h * self.wave).abs() + self.nothing.sum())


torch.manual_seed(11)
model = Odd()
for p in model.late.parameters():
    p.requires_grad = False
dense = [p for name, p in model.named_parameters() if not name.startswith(("table", "late"))]
sparse = torch.optim.SparseAdam(model.table.parameters(), lr=1e-2)
rest = torch.optim.SGD(dense, lr=0.01)
for i in range(16):
    if i == 8:
        for p in model.late.parameters():
            p.requires_grad = True
        rest.add_param_group({"params": model.late.parameters(), "lr": 0.001})
    loss = model(torch.randint(40, (12,))).square().mean()
    sparse.zero_grad()
    rest.zero_grad()
    loss.backward()
    named = dict(model.named_parameters())
    truth.step(loss, {n: p for n, p in named.items() if n.startswith("table")})
    sparse.step()
    late = i >= 8
    kept = {n: p for n, p in named.items() if not n.startswith("table")}
    truth.step(loss, {n: p for n, p in kept.items() if late or not n.startswith("late")})
    rest.step()
truth.end(model)
