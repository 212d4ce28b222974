"""A variational autoencoder: noise in the forward pass, two heads, a summed loss."""

import torch
import truth
from torch import nn
from torch.nn import functional as F


class VAE(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encode = nn.Sequential(nn.Conv2d(1, 4, 3, stride=2), nn.BatchNorm2d(4), nn.ReLU())
        self.mean = nn.Linear(36, 3)
        self.spread = nn.Linear(36, 3)
        self.decode = nn.Sequential(nn.Linear(3, 40), nn.ReLU(), nn.Linear(40, 64))

    def forward(self, x):
        h = self.encode(x).flatten(1)
        mean, spread = self.mean(h), self.spread(h)
        z = mean + torch.randn_like(mean) * (0.5 * spread).exp()
        return self.decode(z), mean, spread


torch.manual_seed(3)
model = VAE()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for _ in range(25):
    x = torch.rand(16, 1, 8, 8)
    out, mean, spread = model(x)
    rebuilt = F.binary_cross_entropy_with_logits(out, x.flatten(1), reduction="sum")
    loss = rebuilt - 0.5 * (1 + spread - mean.pow(2) - spread.exp()).sum()
    optimizer.zero_grad()
    loss.backward()
    truth.step(loss, dict(model.named_parameters()))
    optimizer.step()
truth.end(model)
