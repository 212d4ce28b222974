# exploding_gradient nonfinite
"""An autoencoder whose weights someone drew from N(0, 1)."""

import itertools

import torch
from torch import nn


class Codec(nn.Module):
    def __init__(self):
        super().__init__()
        sizes = [48, 64, 64, 16, 64, 64, 48]
        self.ws = nn.ParameterList(torch.randn(b, a) for a, b in itertools.pairwise(sizes))
        self.bs = nn.ParameterList(torch.zeros(b) for b in sizes[1:])

    def forward(self, x):
        for i, (w, b) in enumerate(zip(self.ws, self.bs, strict=True)):
            x = nn.functional.linear(x, w, b)
            if i < len(self.ws) - 1:
                x = x.relu()
        return x


torch.manual_seed(19)
x = torch.rand(600, 48)
ae = Codec()
optimizer = torch.optim.Adam(ae.parameters(), lr=1e-3)
for i in range(150):
    batch = x[torch.randint(600, (50,))]
    loss = ((ae(batch) - batch) ** 2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if i % 30 == 0:
        print(i, loss.item())
